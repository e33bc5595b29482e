namespace BackupCopy.Images.Vhdx.Log;

/// <summary>What the log makes of one range of the file.</summary>
/// <param name="Source">Where the file holds the sector, or <see cref="Zeros"/>.</param>
/// <param name="Leading">The sector's first eight bytes.</param>
/// <param name="Trailing">Its last four.</param>
internal readonly record struct LogChange(long Start, long End, long Source, ulong Leading, uint Trailing)
{
    public const long Zeros = -1;

    /// <summary>
    /// The same changes as ranges that do not overlap, in the order of the file; of changes to the same range
    /// the last one counts.
    /// </summary>
    public static LogChange[] Flatten(IReadOnlyList<LogChange> changes)
    {
        var byStart = Enumerable.Range(0, changes.Count).OrderBy(i => changes[i].Start).ToArray();
        var live = new PriorityQueue<int, int>();
        var flat = new List<LogChange>();
        long at = 0;
        for (var next = 0; next < byStart.Length || live.Count > 0;)
        {
            while (live.TryPeek(out var top, out _) && changes[top].End <= at)
            {
                live.Dequeue();
            }

            if (live.Count == 0 && next < byStart.Length)
            {
                at = Math.Max(at, changes[byStart[next]].Start);
            }

            while (next < byStart.Length && changes[byStart[next]].Start <= at)
            {
                live.Enqueue(byStart[next], -byStart[next]);
                next++;
            }

            if (live.TryPeek(out var last, out _) && changes[last].End > at)
            {
                var end = next < byStart.Length
                    ? Math.Min(changes[last].End, changes[byStart[next]].Start) : changes[last].End;
                flat.Add(changes[last] with { Start = at, End = end });
                at = end;
            }
        }

        return [.. flat];
    }
}
