using System.Buffers;
using System.Buffers.Binary;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace BackupCopy.Images.Wrapped;

/// <summary>zstd frames one after the other; what they skip is skipped.</summary>
internal sealed class ZstdUnpacker : Unpacker
{
    private const uint SkippableMask = 0xfffffff0;
    private const uint SkippableMagic = 0x184d2a50;

    private readonly Decompressor _decompressor = new();
    private bool _isInFrame;
    private int _history;

    public ZstdUnpacker(CompressedInput input)
        : base(input) =>
        _decompressor.SetParameter(
            ZSTD_dParameter.ZSTD_d_windowLogMax, ZstdFrameHeader.MostWindowBits);

    public override int MostHistoryBytes => _history;

    public override int Read(Span<byte> to)
    {
        while (_isInFrame || TryBegin())
        {
            if (Input.Bytes.IsEmpty)
            {
                Input.Fill();
            }

            var status = Unwrap(to, out var used, out var made);
            Input.Advance(used);
            _isInFrame = status != OperationStatus.Done;
            if (made > 0)
            {
                return made;
            }

            if (_isInFrame && used == 0 && Input.Bytes.IsEmpty && !Input.Fill())
            {
                throw CutOff();
            }
        }

        return 0;
    }

    public override void Dispose()
    {
        _decompressor.Dispose();
        base.Dispose();
    }

    private OperationStatus Unwrap(Span<byte> to, out int used, out int made)
    {
        try
        {
            var status = _decompressor.UnwrapStream(Input.Bytes, to, out used, out made);
            return status != OperationStatus.InvalidData ? status
                : throw ImageError.Damaged(Input.Path, Input.Position, "its zstd data is not sound");
        }
        catch (ZstdException error)
        {
            throw ImageError.Damaged(
                Input.Path, Input.Position, $"its zstd data is not sound ({error.Message})", error);
        }
    }

    /// <summary>Goes to the data of the next frame; false at the end of the file.</summary>
    private bool TryBegin()
    {
        while (true)
        {
            var head = Input.Peek(ZstdFrameHeader.MostBytes);
            if (head.IsEmpty)
            {
                return false;
            }

            var magic = head.Length < sizeof(uint) ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(head);
            if (magic == ZstdFrameHeader.Magic)
            {
                BeginFrame(head);
                return true;
            }

            if ((magic & SkippableMask) != SkippableMagic)
            {
                throw ImageError.Damaged(
                    Input.Path, Input.Position, "what follows the compressed data is not zstd");
            }

            const int headBytes = 2 * sizeof(uint);
            if (head.Length < headBytes
                || !Input.TrySkip(headBytes + BinaryPrimitives.ReadUInt32LittleEndian(head[sizeof(uint)..])))
            {
                throw CutOff();
            }
        }
    }

    private void BeginFrame(ReadOnlySpan<byte> head)
    {
        if (!ZstdFrameHeader.TryRead(head, out var header))
        {
            throw CutOff();
        }

        if (header.NeedsDictionary)
        {
            throw ImageError.Unsupported(
                Input.Path, "it was compressed with a dictionary", "Unpack it with unzstd -D.");
        }

        if (header.WindowBytes > ZstdFrameHeader.MostWindowBytes)
        {
            throw ImageError.Unsupported(
                Input.Path,
                $"unpacking it takes a window of {header.WindowBytes} bytes, more than "
                + $"{ZstdFrameHeader.MostWindowBytes}",
                "Compress it anew without --long and --ultra.");
        }

        _history = Math.Max(_history, (int)header.WindowBytes);
    }
}
