namespace BackupCopy.Images.Qcow2;

/// <summary>
/// Remembers the last answer to "where is the next data" of a file or disk below: many small clusters ask
/// for one range after the other, and the answer spans most of them. For any thread.
/// </summary>
/// <param name="lengthBytes">Where what is asked ends.</param>
/// <param name="ask">Start and end of the next data at or after an offset; null when there is none.</param>
internal sealed class KnownRange(long lengthBytes, Func<long, (long Start, long End)?> ask)
{
    private volatile Answer? _last;

    /// <summary>The next data at or after the offset; false when there is none before the limit.</summary>
    public bool TryNext(long offset, long limit, out long start, out long end)
    {
        (start, end) = (limit, limit);
        if (offset >= limit)
        {
            return false;
        }

        var answer = _last;
        if (answer is null || offset < answer.Asked || offset >= answer.End)
        {
            answer = ask(offset) is var (first, last)
                ? new Answer(offset, first, last)
                : new Answer(offset, lengthBytes, long.MaxValue);
            _last = answer;
        }

        start = Math.Max(offset, answer.Start);
        end = Math.Min(limit, answer.End);
        return start < end && answer.Start < lengthBytes;
    }

    private sealed record Answer(long Asked, long Start, long End);
}
