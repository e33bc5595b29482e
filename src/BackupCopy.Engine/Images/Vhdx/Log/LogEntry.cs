using System.Buffers.Binary;

namespace BackupCopy.Images.Vhdx.Log;

/// <summary>
/// One entry of the log (MS-VHDX 2.3.1.1): a header, descriptors that fill its first sectors, and one sector
/// for each data descriptor.
/// </summary>
/// <param name="Position">Where it begins in the log, which goes round.</param>
/// <param name="Tail">Where the oldest entry begins that is to be replayed with this one.</param>
/// <param name="FlushedFileBytes">What the file had for sure when it was written.</param>
/// <param name="LastFileBytes">What the file has to have for everything that it names.</param>
internal readonly record struct LogEntry(
    long Position, uint LengthBytes, uint Tail, ulong SequenceNumber, uint DescriptorCount,
    ulong FlushedFileBytes, ulong LastFileBytes)
{
    public const int SectorBytes = 4096;
    public const int HeaderBytes = 64;

    private static ReadOnlySpan<byte> Signature => "loge"u8;

    /// <summary>The sectors that hold header and descriptors; data sectors follow.</summary>
    public long DescriptorSectors =>
        (HeaderBytes + (long)DescriptorCount * LogDescriptor.SizeBytes + SectorBytes - 1) / SectorBytes;

    public long DataSectors => LengthBytes / SectorBytes - DescriptorSectors;

    /// <summary>Reads what can be a header; the checksum, over the whole entry, is not checked.</summary>
    public static bool TryRead(
        ReadOnlySpan<byte> from, long position, long logBytes, Guid logId, out LogEntry entry)
    {
        entry = new LogEntry(
            position,
            BinaryPrimitives.ReadUInt32LittleEndian(from[8..]),
            BinaryPrimitives.ReadUInt32LittleEndian(from[12..]),
            BinaryPrimitives.ReadUInt64LittleEndian(from[16..]),
            BinaryPrimitives.ReadUInt32LittleEndian(from[24..]),
            BinaryPrimitives.ReadUInt64LittleEndian(from[48..]),
            BinaryPrimitives.ReadUInt64LittleEndian(from[56..]));
        return from.StartsWith(Signature) && new Guid(from.Slice(32, 16)) == logId
            && entry.LengthBytes is >= SectorBytes && entry.LengthBytes % SectorBytes == 0
            && entry.LengthBytes <= logBytes
            && entry.Tail % SectorBytes == 0 && entry.Tail < logBytes
            && entry.SequenceNumber > 0
            && entry.DescriptorSectors <= entry.LengthBytes / SectorBytes;
    }
}
