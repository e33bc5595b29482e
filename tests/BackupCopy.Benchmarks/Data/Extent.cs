namespace BackupCopy.Benchmarks.Data;

internal enum ContentKind
{
    /// <summary>A hole of the sparse file; reads as zeros.</summary>
    Hole,

    /// <summary>Bytes of real files of this machine; compressible.</summary>
    Files,

    /// <summary>Seeded noise; incompressible.</summary>
    Random,
}

/// <summary>A piece of an image with one kind of content; offset and size are multiples of 4 KiB.</summary>
internal readonly record struct Extent(long Offset, long SizeBytes, ContentKind Kind)
{
    public const int Alignment = 4096;

    public long End => Offset + SizeBytes;

    public bool Overlaps(Extent other) => Offset < other.End && other.Offset < End;

    public static long Align(long sizeBytes) => sizeBytes / Alignment * Alignment;
}
