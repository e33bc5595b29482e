namespace BackupCopy.Images.Vhdx;

/// <summary>A part of the file that one of its own structures uses.</summary>
internal readonly record struct StructureRange(long Start, long End)
{
    public long LengthBytes => End - Start;

    /// <summary>
    /// False for what does not lie in whole megabytes behind the head of the file and before its end.
    /// </summary>
    public static bool TryMake(ImageFile file, ulong offset, uint lengthBytes, out StructureRange range)
    {
        range = default;
        if (offset < VhdxLimits.HeadBytes || offset % VhdxLimits.Megabyte != 0
            || lengthBytes == 0 || lengthBytes % VhdxLimits.Megabyte != 0
            || offset > (ulong)file.LengthBytes || lengthBytes > (ulong)file.LengthBytes - offset)
        {
            return false;
        }

        range = new StructureRange((long)offset, (long)offset + lengthBytes);
        return true;
    }
}

/// <summary>All of a file's structures in the order of their places: no block may lie there.</summary>
internal sealed class StructureSpace
{
    private readonly StructureRange[] _ranges;

    private StructureSpace(StructureRange[] ranges) => _ranges = ranges;

    /// <summary>Throws where two of the ranges overlap.</summary>
    public static StructureSpace Of(ImageFile file, long tableOffset, IEnumerable<StructureRange> ranges)
    {
        var ordered = ranges.OrderBy(r => r.Start).ToArray();
        for (var i = 1; i < ordered.Length; i++)
        {
            if (ordered[i].Start < ordered[i - 1].End)
            {
                throw ImageError.Damaged(
                    file.Path, tableOffset, $"two of its structures lie at offset {ordered[i].Start}");
            }
        }

        return new StructureSpace(ordered);
    }

    public bool Touches(long start, long end)
    {
        var (low, high) = (0, _ranges.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _ranges[middle].End <= start ? (middle + 1, high) : (low, middle);
        }

        return low < _ranges.Length && _ranges[low].Start < end;
    }
}
