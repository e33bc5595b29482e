using BackupCopy.Images;

namespace BackupCopy.Benchmarks.Rows;

/// <summary>
/// A file that counts what is read of it, and how much of that the file system has as holes: whole pages, as
/// tables are read in such, of which a file may hold a part only.
/// </summary>
internal sealed class CountingFile(DiskFile file) : ImageFile(file.Path)
{
    private readonly Lock _gate = new();

    public override long LengthBytes => file.LengthBytes;

    public long ReadBytes { get; private set; }

    public long HoleBytes { get; private set; }

    public override bool TryNextData(long offset, out long start, out long end) =>
        file.TryNextData(offset, out start, out end);

    public override void EnsureUnchanged() => file.EnsureUnchanged();

    public override void Dispose()
    {
        file.Dispose();
        base.Dispose();
    }

    protected override void ReadInside(long offset, Span<byte> to)
    {
        file.Read(offset, to);
        const long page = ImagePages.PageBytes;
        long end = offset + to.Length;
        long data = 0;
        for (long at = offset; at < end && file.TryNextData(at / page * page, out long start, out long stop)
            && start < end;)
        {
            start = Math.Max(at, start / page * page);
            at = Math.Min(end, (stop + page - 1) / page * page);
            data += at - start;
        }

        lock (_gate)
        {
            ReadBytes += to.Length;
            HoleBytes += to.Length - data;
        }
    }
}
