using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;

namespace BackupCopy.Images.Vmdk;

/// <summary>
/// The compressed grains of a stream-optimised extent: ahead of each a marker that says which grain it is and
/// how many bytes follow, where the extent has markers.
/// </summary>
internal sealed class PackedGrains
{
    private const int SectorBytes = SparseHeader.SectorBytes;
    private const int MarkerBytes = 12;
    private const long LargestGrainBytes = 2 << 20;

    private readonly ImageFile _file;
    private readonly GrainTables _tables;
    private readonly GrainCache _cache;
    private readonly bool _hasMarkers;

    public PackedGrains(ImageFile file, GrainTables tables, GrainCache cache, bool hasMarkers)
    {
        if (tables.GrainBytes > LargestGrainBytes)
        {
            throw ImageError.Unsupported(
                file.Path, $"its compressed grains have {tables.GrainBytes} bytes",
                "Convert it with qemu-img convert, or make a copy with vmware-vdiskmanager -r.");
        }

        _file = file;
        _tables = tables;
        _cache = cache;
        _hasMarkers = hasMarkers;
    }

    /// <summary>Reads a part of one grain.</summary>
    /// <param name="fileOffset">Where the grain's marker lies.</param>
    /// <param name="offset">Into the extent.</param>
    public void Read(long fileOffset, long offset, Span<byte> to)
    {
        var start = offset / _tables.GrainBytes * _tables.GrainBytes;
        var length = (int)Math.Min(_tables.GrainBytes, _tables.CapacityBytes - start);
        if (to.Length == length)
        {
            Expand(fileOffset, start, to);
            return;
        }

        var grain = _cache.Find(_file, start);
        if (grain is null)
        {
            grain = new byte[length];
            Expand(fileOffset, start, grain);
            _cache.Add(_file, start, grain);
        }

        grain.AsSpan((int)(offset - start), to.Length).CopyTo(to);
    }

    private void Expand(long fileOffset, long start, Span<byte> to)
    {
        var (dataOffset, length) = ReadMarker(fileOffset, start);
        var packed = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            _file.Read(dataOffset, packed.AsSpan(0, length));
            using var stream = new ZLibStream(
                new MemoryStream(packed, 0, length, writable: false), CompressionMode.Decompress);
            var count = stream.ReadAtLeast(to, to.Length, throwOnEndOfStream: false);
            if (count < to.Length)
            {
                throw ImageError.Damaged(
                    _file.Path, fileOffset, $"a grain of {to.Length} bytes expands to {count}");
            }

            ReadToEnd(stream, fileOffset, _tables.GrainBytes - count);
        }
        catch (InvalidDataException error)
        {
            throw ImageError.Damaged(_file.Path, fileOffset, "a grain does not expand", error);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(packed);
        }
    }

    // Its checksum is looked at there. The last grain may go on beyond the disk, as far as a whole one.
    private void ReadToEnd(ZLibStream stream, long fileOffset, long most)
    {
        Span<byte> rest = stackalloc byte[SectorBytes];
        while (stream.Read(rest) is > 0 and var count)
        {
            most -= count;
            if (most < 0)
            {
                throw ImageError.Damaged(
                    _file.Path, fileOffset, $"a grain expands to more than {_tables.GrainBytes} bytes");
            }
        }
    }

    private (long Offset, int Length) ReadMarker(long fileOffset, long start)
    {
        var most = 2 * _tables.GrainBytes;
        if (!_hasMarkers)
        {
            return (fileOffset, (int)Math.Clamp(_file.LengthBytes - fileOffset, 0, most));
        }

        Span<byte> marker = stackalloc byte[MarkerBytes];
        _file.Read(fileOffset, marker);
        var sector = BinaryPrimitives.ReadUInt64LittleEndian(marker);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(marker[sizeof(ulong)..]);
        if (sector != (ulong)start / SectorBytes || length == 0 || length > most)
        {
            throw ImageError.Damaged(
                _file.Path, fileOffset,
                $"the marker of the grain at sector {start / SectorBytes} is wrong: sector {sector}, "
                + $"{length} bytes");
        }

        return (fileOffset + MarkerBytes, (int)length);
    }
}
