namespace BackupCopy.Benchmarks.Data;

/// <summary>Where an image has holes, files and noise. Pure: the same input gives the same plan.</summary>
internal static class ImageLayout
{
    private const double HoleShare = 0.30;
    private const double FilesShare = 0.35;
    private const long SmallestExtentBytes = 64 << 10;
    private const long LargestHoleBytes = 64 << 20;
    private const long LargestDataBytes = 32 << 20;

    /// <summary>
    /// Extents of 64 KiB to 32 MiB (holes: 64 MiB), sizes spread evenly over the powers of two, kinds
    /// drawn by what is left of each share, so that the shares hold exactly and the kinds stay mixed.
    /// </summary>
    public static IReadOnlyList<Extent> Plan(long sizeBytes, ulong seed)
    {
        var random = new SplitMix64(seed);
        long holes = Extent.Align((long)(sizeBytes * HoleShare));
        long files = Extent.Align((long)(sizeBytes * FilesShare));
        long[] left = [holes, files, sizeBytes - holes - files];
        var extents = new List<Extent>();
        long offset = 0;
        int previous = -1;
        while (offset < sizeBytes)
        {
            int kind = DrawKind(left, previous, random);
            long largest = kind == (int)ContentKind.Hole ? LargestHoleBytes : LargestDataBytes;
            largest = Math.Max(2 * SmallestExtentBytes, Math.Min(largest, sizeBytes / 64));
            long length = Math.Min(left[kind], LogUniform(SmallestExtentBytes, largest, 1, random));
            length = left[kind] - length < SmallestExtentBytes ? left[kind] : length;
            extents.Add(new Extent(offset, length, (ContentKind)kind));
            offset += length;
            left[kind] -= length;
            previous = kind;
        }

        return extents;
    }

    /// <summary>The sparse giant: 16 MiB pieces, files and noise in turn, strewn over its length.</summary>
    public static IReadOnlyList<Extent> PlanStrewn(long sizeBytes, long dataBytes, ulong seed)
    {
        var random = new SplitMix64(seed);
        long pieceBytes = Math.Min(16 << 20, Extent.Align(dataBytes / 2));
        long count = dataBytes / pieceBytes;
        long stride = Extent.Align(sizeBytes / count);
        return [.. Enumerable.Range(0, (int)count).Select(i => new Extent(
            (i * stride) + Extent.Align(random.Below(stride - pieceBytes)),
            pieceBytes,
            i % 2 == 0 ? ContentKind.Files : ContentKind.Random))];
    }

    /// <summary>A 4 KiB multiple between the limits; a skew above 1 makes small sizes more likely.</summary>
    public static long LogUniform(long smallest, long largest, double skew, SplitMix64 random) =>
        Extent.Align((long)(smallest * Math.Pow((double)largest / smallest, Math.Pow(random.Unit(), skew))));

    private static int DrawKind(long[] left, int previous, SplitMix64 random)
    {
        long total = left.Where((_, kind) => kind != previous).Sum();
        if (total == 0)
        {
            return previous;
        }

        long drawn = random.Below(total);
        for (int kind = 0; ; kind++)
        {
            if (kind != previous && (drawn -= left[kind]) < 0)
            {
                return kind;
            }
        }
    }
}
