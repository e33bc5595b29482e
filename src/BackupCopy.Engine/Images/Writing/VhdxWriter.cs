using System.Numerics;
using System.Text;
using BackupCopy.Images.Vhdx;

namespace BackupCopy.Images.Writing;

/// <summary>
/// Writes a dynamic VHDX. A block gets its place when the first piece of it comes, and what no piece covers
/// stays a hole. The mark that makes the file a VHDX is written last, so that one that was not finished is
/// not taken for an image.
/// </summary>
internal sealed class VhdxWriter : ImageWriter
{
    /// <summary>
    /// More blocks than this make blocks larger, up to <see cref="UsualLargestBlockBytes"/>: small blocks
    /// suit small disks, and the table of large ones stays at 16 MiB.
    /// </summary>
    private const int WantedBlocks = 1 << 16;

    private const int UsualLargestBlockBytes = 32 * VhdxLimits.Megabyte;
    private const int SectorBytes = 512;
    private const int PhysicalSectorBytes = 4096;
    private const long LogOffset = VhdxLimits.HeadBytes;
    private const int LogBytes = VhdxLimits.Megabyte;
    private const long MetadataOffset = LogOffset + LogBytes;
    private const int MetadataBytes = VhdxLimits.Megabyte;
    private const long BatOffset = MetadataOffset + MetadataBytes;

    private readonly IImageSink _sink;
    private readonly Metadata _metadata;
    private readonly int _blockShift;
    private readonly int _ratioShift;
    private readonly int _batBytes;

    // The places of the blocks, counted in blocks from the end of the table; 0 is none. 8 MiB at 64 TiB.
    private readonly int[] _places;
    private int _placed;

    public VhdxWriter(IImageSink sink, long sizeBytes)
    {
        if (sizeBytes > VhdxLimits.LargestDiskBytes)
        {
            throw new BackupCopyException(
                ErrorCode.ImageUnsupported,
                $"A disk of {sizeBytes} bytes is larger than a VHDX can be (64 TiB).",
                "Write it as qcow2 or as raw.");
        }

        _sink = sink;
        sizeBytes = (sizeBytes + SectorBytes - 1) / SectorBytes * SectorBytes;
        var blockBytes = (int)Math.Clamp(
            (long)BitOperations.RoundUpToPowerOf2((ulong)sizeBytes / WantedBlocks),
            VhdxLimits.SmallestBlockBytes, UsualLargestBlockBytes);
        _metadata = new Metadata(
            blockBytes, HasParent: false, sizeBytes, SectorBytes, PhysicalSectorBytes, Guid.NewGuid());
        _blockShift = BitOperations.Log2((uint)blockBytes);
        _ratioShift = BitOperations.Log2((ulong)VhdxLimits.ChunkRatio(blockBytes, SectorBytes));
        _places = new int[(sizeBytes + blockBytes - 1) >> _blockShift];
        var entries = _places.Length + (_places.Length >> _ratioShift) + 1;
        _batBytes = (entries * VhdxLimits.BatEntryBytes + VhdxLimits.Megabyte - 1)
            / VhdxLimits.Megabyte * VhdxLimits.Megabyte;
    }

    public override string Extension => "vhdx";

    private long FirstBlockOffset => BatOffset + _batBytes;

    public override void Write(long offset, ReadOnlySpan<byte> plain)
    {
        while (plain.Length > 0)
        {
            var within = offset & (_metadata.BlockBytes - 1);
            var to = Place(offset >> _blockShift) + within;
            var length = Math.Min(plain.Length, _metadata.BlockBytes - within);

            // New blocks get places one after the other, so that most pieces are one write.
            while (length < plain.Length && Place((offset + length) >> _blockShift) == to + length)
            {
                length = Math.Min(plain.Length, length + _metadata.BlockBytes);
            }

            _sink.Write(to, plain[..(int)length]);
            offset += length;
            plain = plain[(int)length..];
        }
    }

    public override void Finish()
    {
        WriteBat();
        WriteMetadata();
        WriteRegions();
        _sink.SetLength(FirstBlockOffset + ((long)_placed << _blockShift));
        WriteHeaders();
    }

    private long Place(long block)
    {
        ref var place = ref _places[block];
        if (place == 0)
        {
            place = ++_placed;
        }

        return FirstBlockOffset + ((long)(place - 1) << _blockShift);
    }

    // Pieces without any block stay holes.
    private void WriteBat()
    {
        var piece = new byte[VhdxLimits.Megabyte];
        const int entriesOfPiece = VhdxLimits.Megabyte / VhdxLimits.BatEntryBytes;
        for (var at = 0; at < _batBytes; at += piece.Length)
        {
            if (FillBat(piece, at / VhdxLimits.BatEntryBytes, entriesOfPiece))
            {
                _sink.Write(BatOffset + at, piece);
            }
        }
    }

    private bool FillBat(Span<byte> to, long firstEntry, int count)
    {
        to.Clear();
        var isUsed = false;
        var ratio = 1L << _ratioShift;
        for (var i = 0; i < count; i++)
        {
            var (chunk, within) = Math.DivRem(firstEntry + i, ratio + 1);
            var block = chunk * ratio + within;
            if (within < ratio && block < _places.Length && _places[block] > 0)
            {
                BatEntry.Of(BlockState.FullyPresent, Place(block))
                    .Write(to[(i * VhdxLimits.BatEntryBytes)..]);
                isUsed = true;
            }
        }

        return isUsed;
    }

    private void WriteMetadata()
    {
        var bytes = new byte[Metadata.TableBytes + 4096];
        _metadata.Write(bytes);
        _sink.Write(MetadataOffset, bytes);
    }

    private void WriteRegions()
    {
        var table = new byte[RegionTable.SizeBytes];
        RegionTable.Write(
            table,
            new RegionEntry(
                RegionEntry.BatId, (ulong)BatOffset, (uint)_batBytes, RegionEntry.RequiredFlag),
            new RegionEntry(
                RegionEntry.MetadataId, (ulong)MetadataOffset, MetadataBytes, RegionEntry.RequiredFlag));
        _sink.Write(RegionTable.FirstOffset, table);
        _sink.Write(RegionTable.SecondOffset, table);
    }

    private void WriteHeaders()
    {
        var header = new VhdxHeader(
            SequenceNumber: 1, Guid.NewGuid(), Guid.NewGuid(), LogId: Guid.Empty, LogVersion: 0,
            VhdxHeader.KnownVersion, LogBytes, (ulong)LogOffset);
        var bytes = new byte[VhdxHeader.SizeBytes];
        header.Write(bytes);
        _sink.Write(VhdxHeader.FirstOffset, bytes);
        (header with { SequenceNumber = 2 }).Write(bytes);
        _sink.Write(VhdxHeader.SecondOffset, bytes);
        bytes.AsSpan().Clear();
        VhdxLimits.FileSignature.CopyTo(bytes);
        Encoding.Unicode.GetBytes("BackupCopy").CopyTo(bytes, VhdxLimits.FileSignature.Length);
        _sink.Write(0, bytes);
    }
}
