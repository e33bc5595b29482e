namespace BackupCopy.Format;

/// <summary>Every limit of format version 1, also listed in docs/FORMAT.md.</summary>
internal static class FormatLimits
{
    /// <summary>Children of a map node.</summary>
    public const int FanOut = 256;

    /// <summary>The root of the largest map is at this level: 256^4 blocks, 1 PiB of 256 KB blocks.</summary>
    public const int HighestMapLevel = 3;

    public const long LargestDiskBytes = 1L << 50;
    public const int Disks = 256;
    public const int BlockFilesOfPoint = 1 << 20;
    public const int Attachments = 64;
    public const int AttachmentBytes = 1 << 20;
    public const int PointFileBytes = 112 << 20;
    public const int MarkFileBytes = 1 << 16;
    public const int RecordsOfBlockFile = 1 << 20;

    /// <summary>Offsets in block files end here, so that offset and length never overflow.</summary>
    public const long LargestFileBytes = 1L << 50;

    /// <summary>A local block file; object stores use 64 MiB.</summary>
    public const long LocalBlockFileBytes = 4L << 30;
    public const long ObjectBlockFileBytes = 64L << 20;

    /// <summary>Names in bytes of UTF-8; folder names are cut shorter (see <see cref="Names"/>).</summary>
    public const int NameBytes = 1024;

    public const int SmallAlignment = 64;
    public const int PageAlignment = 4096;

    public static long AlignUp(long value, int alignment) => (value + alignment - 1) & -(long)alignment;
}
