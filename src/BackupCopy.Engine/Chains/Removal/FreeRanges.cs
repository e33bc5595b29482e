using System.Runtime.CompilerServices;
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
            free.Add(place, released);
        }

        free.Finish(length);
        return free;
    }

    /// <summary>The same for the records of an index that lie in the file of its own number.</summary>
    /// <param name="released">One bit a record; null when all are released.</param>
    // Runs optimised from the first call: a chain has an index of tens of thousands of places per 4 GiB.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static FreeRanges Of(long front, long length, IndexFile index, ulong[]? released)
    {
        var free = new FreeRanges(front);
        for (uint record = 0; record < index.Count; record++)
        {
            var place = index[record];
            if (!place.IsReleased && place.File == index.Number)
            {
                var word = record >> 6;
                free.Add(
                    place,
                    released is null
                        || (word < released.Length && (released[word] >> (int)(record & 63) & 1) != 0));
            }
        }

        free.Finish(length);
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

    private void Add(RecordPlace place, bool released)
    {
        // Most records lie wall to wall with the one before and stay: nothing ends or begins there.
        if (!released && !_isGrown && place.Offset == _end && _end == _endWithReleased)
        {
            _end = _endWithReleased = place.Offset + place.SlotLength;
            return;
        }

        Gap(place.Offset);
        _endWithReleased = place.Offset + place.SlotLength;
        if (released)
        {
            _isGrown = true;
        }
        else
        {
            Close(place.Offset);
            _end = _endWithReleased;
        }
    }

    // What lies behind the last record belongs to nobody: the last page goes whole.
    private void Finish(long length)
    {
        var end = FormatLimits.AlignUp(length, Page);
        Gap(end);
        Close(end);
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
