using System.Buffers.Binary;
using System.IO.Hashing;

namespace BackupCopy.Images.Wrapped;

/// <summary>
/// gzip members one after the other. The unpacking of the platform does not serve: GZipStream takes a file
/// that is cut off for its end, and passes over whatever follows a member.
/// </summary>
internal sealed class GzipUnpacker(CompressedInput input) : Unpacker(input)
{
    private readonly Inflater _inflater = new(input);
    private readonly Crc32 _checksum = new();
    private long _length;
    private long _members;
    private bool _isInMember;

    public override int MostHistoryBytes => Inflater.HistoryBytes;

    public override int Read(Span<byte> to)
    {
        while (_isInMember || TryBegin())
        {
            var count = _inflater.Read(to);
            if (count > 0)
            {
                _checksum.Append(to[..count]);
                _length += count;
                return count;
            }

            End();
        }

        return 0;
    }

    private bool TryBegin()
    {
        var head = Input.Peek(3);
        if (head.IsEmpty || (_members > 0 && IsPadding()))
        {
            return false;
        }

        if (!GzipMember.IsHead(head))
        {
            throw ImageError.Damaged(
                Input.Path, Input.Position, "what follows the compressed data is not gzip");
        }

        if (!GzipMember.TryPass(Input))
        {
            throw CutOff();
        }

        _inflater.Begin();
        _length = 0;
        _isInMember = true;
        _members++;
        return true;
    }

    private void End()
    {
        var trailer = Input.Peek(GzipMember.TrailerBytes);
        if (trailer.Length < GzipMember.TrailerBytes)
        {
            throw CutOff();
        }

        Span<byte> checksum = stackalloc byte[sizeof(uint)];
        _checksum.GetHashAndReset(checksum);
        if (!trailer.StartsWith(checksum)
            || BinaryPrimitives.ReadUInt32LittleEndian(trailer[sizeof(uint)..]) != (uint)_length)
        {
            throw ImageError.Damaged(
                Input.Path, Input.Position, "its content does not match the checksum of its gzip data");
        }

        Input.Advance(GzipMember.TrailerBytes);
        _isInMember = false;
    }

    /// <summary>Whether only zeros follow, as tapes and block devices add them.</summary>
    private bool IsPadding()
    {
        if (Input.Bytes[0] != 0)
        {
            return false;
        }

        do
        {
            var found = Input.Bytes.IndexOfAnyExcept((byte)0);
            if (found >= 0)
            {
                Input.Advance(found);
                return false;
            }

            Input.Advance(Input.Bytes.Length);
        }
        while (Input.Fill());
        return true;
    }
}
