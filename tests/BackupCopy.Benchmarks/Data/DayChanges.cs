namespace BackupCopy.Benchmarks.Data;

/// <summary>
/// What changes on one day: ~3 % of the image (123 MiB of 4 GiB) in ~500 extents of 64 KiB to 1 MiB. Half of
/// them lie close together in six regions, half are strewn over the data; one in ten of the strewn ones fills
/// a piece of a hole. Pure: the same day gives the same plan.
/// </summary>
internal sealed class DayChanges
{
    private const long SmallestBytes = 64 << 10;
    private const long LargestBytes = 1 << 20;
    private const long FullSizeBytes = 4L << 30;
    private const int FullSizeExtents = 500;
    private const int RegionCount = 6;
    private const long LargestGapBytes = 256 << 10;

    /// <summary>Gives the extents a mean of 123 MiB / 500.</summary>
    private const double SizeSkew = 1.75;

    private readonly IReadOnlyList<Extent> _layout;
    private readonly SplitMix64 _random;
    private readonly SortedSet<Extent> _placed =
        new(Comparer<Extent>.Create((a, b) => a.Offset.CompareTo(b.Offset)));

    private DayChanges(IReadOnlyList<Extent> layout, ulong seed)
    {
        _layout = layout;
        _random = new SplitMix64(seed);
    }

    public static IReadOnlyList<Extent> Plan(IReadOnlyList<Extent> layout, ulong seed)
    {
        var plan = new DayChanges(layout, seed);
        long[] sizes = plan.DrawSizes();
        plan.PlaceClustered(sizes.AsSpan(0, sizes.Length / 2));
        plan.PlaceScattered(sizes.AsSpan(sizes.Length / 2));
        return [.. plan._placed];
    }

    private long ImageBytes => _layout[^1].End;

    /// <summary>The sizes add up to the day's bytes exactly.</summary>
    private long[] DrawSizes()
    {
        long target = Extent.Align(ImageBytes / 4096 * 123);
        var sizes = new long[Math.Max(8, FullSizeExtents * ImageBytes / FullSizeBytes)];
        for (int i = 0; i < sizes.Length; i++)
        {
            sizes[i] = ImageLayout.LogUniform(SmallestBytes, LargestBytes, SizeSkew, _random);
        }

        for (long missing = target - sizes.Sum(); missing != 0;)
        {
            ref long size = ref sizes[_random.Below(sizes.Length)];
            long step = Math.Sign(missing) * Extent.Alignment;
            if (size + step is >= SmallestBytes and <= LargestBytes)
            {
                size += step;
                missing -= step;
            }
        }

        return sizes;
    }

    private void PlaceClustered(ReadOnlySpan<long> sizes)
    {
        int perRegion = ((sizes.Length - 1) / RegionCount) + 1;
        long next = 0;
        for (int i = 0; i < sizes.Length; i++)
        {
            if (i % perRegion == 0)
            {
                next = RandomOffset(sizes[i]);
            }

            while (!TryPlace(next, sizes[i], fillsHole: false))
            {
                next = next + LargestBytes < ImageBytes ? next + SmallestBytes : RandomOffset(sizes[i]);
            }

            next += sizes[i] + Extent.Align(_random.Below(LargestGapBytes));
        }
    }

    private void PlaceScattered(ReadOnlySpan<long> sizes)
    {
        for (int i = 0; i < sizes.Length; i++)
        {
            while (!TryPlace(RandomOffset(sizes[i]), sizes[i], fillsHole: i % 10 == 0))
            {
            }
        }
    }

    private long RandomOffset(long sizeBytes) => Extent.Align(_random.Below(ImageBytes - sizeBytes));

    /// <summary>New content is of the kind it replaces; a filled hole gets either kind.</summary>
    private bool TryPlace(long offset, long sizeBytes, bool fillsHole)
    {
        var kind = KindAt(offset);
        var change = new Extent(offset, sizeBytes, kind);
        if (change.End > ImageBytes || (kind == ContentKind.Hole) != fillsHole || Overlaps(change))
        {
            return false;
        }

        if (fillsHole)
        {
            kind = _random.Below(2) == 0 ? ContentKind.Files : ContentKind.Random;
        }

        return _placed.Add(change with { Kind = kind });
    }

    private bool Overlaps(Extent change)
    {
        var from = change with { Offset = change.Offset - LargestBytes };
        var to = change with { Offset = change.End };
        return _placed.GetViewBetween(from, to).Any(change.Overlaps);
    }

    private ContentKind KindAt(long offset)
    {
        int low = 0;
        for (int high = _layout.Count - 1; low < high;)
        {
            int middle = (low + high + 1) / 2;
            (low, high) = _layout[middle].Offset <= offset ? (middle, high) : (low, middle - 1);
        }

        return _layout[low].Kind;
    }
}
