namespace BackupCopy.Images;

/// <summary>
/// What <c>TryNextData</c> of a file or a base image answered last: a walk asks for many small pieces of one
/// long range or hole, and each question may cost the way to its end. For any thread.
/// </summary>
internal sealed class LastRange
{
    private Range? _last;

    private delegate bool Ask<in T>(T source, long offset, out long start, out long end);

    public bool TryNextData(ImageFile file, long offset, out long start, out long end) => TryNextData(
        file, static (ImageFile f, long at, out long s, out long e) => f.TryNextData(at, out s, out e),
        offset, out start, out end);

    public bool TryNextData(VirtualDisk disk, long offset, out long start, out long end) => TryNextData(
        disk, static (VirtualDisk d, long at, out long s, out long e) => d.TryNextData(at, out s, out e),
        offset, out start, out end);

    private bool TryNextData<T>(T source, Ask<T> ask, long offset, out long start, out long end)
        where T : class
    {
        var known = Volatile.Read(ref _last);
        if (known is null || known.Source != source || offset < known.From || offset >= known.End)
        {
            known = ask(source, offset, out start, out end)
                ? new Range(source, offset, start, end)
                : new Range(source, offset, long.MaxValue, long.MaxValue);
            Volatile.Write(ref _last, known);
        }

        (start, end) = (Math.Max(offset, known.Start), known.End);
        return known.Start < long.MaxValue;
    }

    /// <param name="From">Nothing but a hole lies from here to the start.</param>
    private sealed record Range(object Source, long From, long Start, long End);
}
