using BackupCopy.Format;

namespace BackupCopy.Chains.Removal;

/// <summary>A part of a block file.</summary>
internal readonly record struct FileRange(long Offset, long Length);

/// <summary>
/// Where the whole pages between the records of a block file lie that releasing some of them makes free.
/// A page that a released record shares with one released earlier counts once both are gone.
/// </summary>
internal sealed class FreeRanges
{
    private const int Page = FormatLimits.PageAlignment;

    private readonly List<FileRange> _ranges = [];
    private long _end;
    private long _endWithReleased;
    private bool _isGrown;
    private long _freeBefore;

    private FreeRanges(long front)
    {
        _end = front;
        _endWithReleased = front;
    }

    /// <summary>
    /// The ranges to punch: whole pages, neighbours in one, each with a record released now.
    /// </summary>
    public IReadOnlyList<FileRange> Ranges => _ranges;

    /// <summary>The bytes of the pages that become free now.</summary>
    public long FreedBytes { get; private set; }

    /// <param name="slots">
    /// Every record that is there, by offset; true for one that is released now.
    /// </param>
    public static FreeRanges Of(
        long front, long length, IEnumerable<(RecordPlace Place, bool Released)> slots)
    {
        var free = new FreeRanges(front);
        foreach (var (place, released) in slots)
        {
            free.Gap(place.Offset);
            free._endWithReleased = place.Offset + place.SlotLength;
            if (released)
            {
                free._isGrown = true;
            }
            else
            {
                free.Close(place.Offset);
                free._end = free._endWithReleased;
            }
        }

        // What lies behind the last record belongs to nobody: the last page goes whole.
        var end = FormatLimits.AlignUp(length, Page);
        free.Gap(end);
        free.Close(end);
        return free;
    }

    /// <summary>All whole pages between these records, which lie in the order of their offsets.</summary>
    public static IReadOnlyList<FileRange> Between(long front, long length, IEnumerable<RecordPlace> live)
    {
        var free = new FreeRanges(front);
        foreach (var place in live)
        {
            free._isGrown = true;
            free.Close(place.Offset);
            free._end = place.Offset + place.SlotLength;
        }

        free._isGrown = true;
        free.Close(FormatLimits.AlignUp(length, Page));
        return free._ranges;
    }

    // Pages free already, between records that are there before the release.
    private void Gap(long to) => _freeBefore += PagesIn(_endWithReleased, to);

    private void Close(long to)
    {
        var pages = PagesIn(_end, to);
        if (_isGrown && pages > 0)
        {
            _ranges.Add(new FileRange(FormatLimits.AlignUp(_end, Page), pages));
            FreedBytes += pages - _freeBefore;
        }

        _isGrown = false;
        _freeBefore = 0;
    }

    private static long PagesIn(long from, long to) =>
        Math.Max(0, to / Page * Page - FormatLimits.AlignUp(from, Page));
}
