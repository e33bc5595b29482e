using System.IO.Hashing;

namespace BackupCopy.Blocks;

/// <summary>
/// XxHash128 of stored bytes: finds what a disk or a cable changed, at the speed of memory.
/// </summary>
internal static class StoredChecksum
{
    public const int SizeBytes = 16;

    /// <summary>Writes the checksum of <paramref name="stored"/> in canonical (big-endian) order.</summary>
    public static void Write(ReadOnlySpan<byte> stored, Span<byte> to) => XxHash128.Hash(stored, to);

    public static bool Matches(ReadOnlySpan<byte> stored, ReadOnlySpan<byte> expected)
    {
        Span<byte> actual = stackalloc byte[SizeBytes];
        XxHash128.Hash(stored, actual);
        return actual.SequenceEqual(expected[..SizeBytes]);
    }
}
