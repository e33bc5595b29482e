namespace BackupCopy.Blocks;

/// <summary>The block sizes that the format allows, and the zero test.</summary>
internal static class BlockSize
{
    public const int Default = 512 * 1024;
    public const int Largest = 4 * 1024 * 1024;

    public static IReadOnlyList<int> Allowed { get; } = [256 * 1024, Default, 1024 * 1024, Largest];

    /// <summary>
    /// Zero blocks are not stored; the scan is vectorised and stops at the first other byte.
    /// </summary>
    public static bool IsZero(ReadOnlySpan<byte> plain) => plain.IndexOfAnyExcept((byte)0) < 0;

    /// <summary>How many blocks cover a disk; the last one may be short.</summary>
    public static long CountFor(long diskSizeBytes, int blockSizeBytes) =>
        (diskSizeBytes + blockSizeBytes - 1) / blockSizeBytes;

    /// <summary>The plain length of one block: the block size, or what is left of the disk.</summary>
    public static int LengthOf(long block, long diskSizeBytes, int blockSizeBytes) =>
        (int)Math.Min(blockSizeBytes, diskSizeBytes - block * blockSizeBytes);
}
