using System.Buffers.Binary;

namespace BackupCopy.Images.Vhdx.Log;

/// <summary>
/// What one sector or range of the file becomes (MS-VHDX 2.3.1.2 and 2.3.1.3): zeros, or the next data
/// sector of the entry. That has its own marks in its first eight and last four bytes; the bytes that belong
/// there stand here.
/// </summary>
internal readonly record struct LogDescriptor(
    bool IsData, uint Trailing, ulong LeadingOrLength, ulong FileOffset, ulong SequenceNumber)
{
    public const int SizeBytes = 32;

    public static bool TryRead(ReadOnlySpan<byte> from, out LogDescriptor descriptor)
    {
        var isData = from.StartsWith("desc"u8);
        descriptor = new LogDescriptor(
            isData,
            BinaryPrimitives.ReadUInt32LittleEndian(from[4..]),
            BinaryPrimitives.ReadUInt64LittleEndian(from[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(from[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(from[24..]));
        return isData || from.StartsWith("zero"u8);
    }
}
