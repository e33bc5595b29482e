namespace BackupCopy.Images.Wrapped;

/// <summary>The compressions that whole image files come in.</summary>
internal enum Wrapping
{
    None,
    Gzip,
    Zstd,
}

/// <summary>
/// What a gzip or zstd file unpacks to. Opening unpacks all of it once: the length is known only then, and so
/// is that every checksum holds and nothing is cut off. What is read is unpacked again from front to back; a
/// window of the most recent bytes serves readers that come slightly out of order, and whoever asks for bytes
/// before it makes the unpacking begin anew. For any thread, one at a time.
/// </summary>
internal sealed class WrappedFile : ImageFile
{
    /// <summary>What the window and the history of the compression take together.</summary>
    private const int MemoryBytes = 56 << 20;

    /// <summary>What is no larger stays in memory as it was unpacked first.</summary>
    private const int SmallBytes = 4 << 20;

    private const int LargestWindowBytes = 36 << 20;
    private const int StepBytes = 1 << 17;

    private readonly ImageFile _file;
    private readonly Wrapping _wrapping;
    private readonly CancellationToken _cancellation;
    private readonly Lock _gate = new();
    private readonly ZeroMap _zeros = new();
    private RecentBytes _recent;
    private Unpacker _unpacker;
    private long _lengthBytes;

    private WrappedFile(ImageFile file, Wrapping wrapping, CancellationToken cancellation)
        : base(file.Path)
    {
        _file = file;
        _wrapping = wrapping;
        _cancellation = cancellation;
        _unpacker = Unpacker.Over(file, wrapping);
        _recent = new RecentBytes(SmallBytes);
    }

    public override long LengthBytes => _lengthBytes;

    public override bool IsForwardOnly => true;

    public static ImageFile Open(ImageFile file, Wrapping wrapping, ImageSession session) =>
        Open(file, wrapping, session, MostPlainBytes(file.LengthBytes));

    /// <param name="limitBytes">What it may unpack to.</param>
    public static ImageFile Open(
        ImageFile file, Wrapping wrapping, ImageSession session, long limitBytes)
    {
        var wrapped = new WrappedFile(file, wrapping, session.Cancellation);
        try
        {
            wrapped.Measure(limitBytes);
            return wrapped;
        }
        catch
        {
            wrapped.Dispose();
            throw;
        }
    }

    /// <summary>
    /// zstd stores 128 KiB of zeros in 4 bytes, and empty disks do come close to that: 32 KiB of content for
    /// each byte is what a sound file can have at most.
    /// </summary>
    public static long MostPlainBytes(long fileBytes)
    {
        const long always = 64L << 30;
        const long ever = 1L << 50;
        const long ratio = 1 << 15;
        return fileBytes >= ever / ratio ? ever : Math.Max(always, fileBytes * ratio);
    }

    public override bool TryNextData(long offset, out long start, out long end) =>
        _zeros.TryNextData(offset, _lengthBytes, out start, out end);

    public override void EnsureUnchanged() => _file.EnsureUnchanged();

    public override void Dispose()
    {
        lock (_gate)
        {
            _unpacker.Dispose();
        }

        base.Dispose();
    }

    protected override void ReadInside(long offset, Span<byte> to)
    {
        lock (_gate)
        {
            if (offset < _recent.Start)
            {
                Restart();
            }

            while (to.Length > 0)
            {
                if (offset >= _recent.End)
                {
                    _cancellation.ThrowIfCancellationRequested();
                    if (Unpack() == 0)
                    {
                        throw ImageError.Changed(Path);
                    }

                    continue;
                }

                var count = _recent.CopyTo(offset, to);
                offset += count;
                to = to[count..];
            }
        }
    }

    private void Measure(long limitBytes)
    {
        while (Unpack() is > 0 and var count)
        {
            _cancellation.ThrowIfCancellationRequested();
            _zeros.Add(_recent.Last(count));
            if (_recent.End > limitBytes)
            {
                throw ImageError.Damaged(
                    Path, _unpacker.Position, $"it unpacks to more than {limitBytes} bytes");
            }
        }

        _lengthBytes = _recent.End;
        if (_recent.Start > 0)
        {
            // All of it is read again from the front, with as much of a window as the compression leaves.
            _recent = new RecentBytes(
                Math.Min(LargestWindowBytes, MemoryBytes - _unpacker.MostHistoryBytes));
            Restart();
        }
    }

    private int Unpack()
    {
        var count = _unpacker.Read(_recent.Space(StepBytes));
        _recent.Add(count);
        return count;
    }

    private void Restart()
    {
        _unpacker.Dispose();
        _unpacker = Unpacker.Over(_file, _wrapping);
        _recent.Clear();
    }
}
