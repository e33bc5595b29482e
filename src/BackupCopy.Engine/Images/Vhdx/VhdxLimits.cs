namespace BackupCopy.Images.Vhdx;

/// <summary>Places and limits that the specification fixes.</summary>
internal static class VhdxLimits
{
    public const int Megabyte = 1 << 20;

    /// <summary>What comes before the first region: identifier, headers, region tables.</summary>
    public const int HeadBytes = Megabyte;

    public const int SmallestBlockBytes = Megabyte;
    public const int LargestBlockBytes = 256 * Megabyte;
    public const long LargestDiskBytes = 64L << 40;

    /// <summary>So many sectors of the disk have their bits in one block of the sector bitmap.</summary>
    public const long SectorsPerChunk = 1 << 23;

    public const int BitmapBlockBytes = Megabyte;
    public const int BatEntryBytes = sizeof(ulong);

    /// <summary>
    /// Beyond any real file, and far enough from 2^63 that sums of such offsets do not overflow.
    /// </summary>
    public const long LargestFileBytes = 1L << 50;

    /// <summary>What a file begins with; the name of the program that made it follows.</summary>
    public static ReadOnlySpan<byte> FileSignature => "vhdxfile"u8;

    /// <summary>Every so many blocks the entry of a bitmap block stands in the allocation table.</summary>
    public static long ChunkRatio(int blockBytes, int sectorBytes) =>
        SectorsPerChunk * sectorBytes / blockBytes;
}
