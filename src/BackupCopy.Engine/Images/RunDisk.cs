namespace BackupCopy.Images;

/// <summary>
/// A disk whose format says for every offset where the bytes of the next stretch come from. Reading and
/// walking follow from that: stretches are read straight into the caller's memory, what the base image holds
/// shows through, and what a file does not hold is damage.
/// </summary>
internal abstract class RunDisk(ImageSession session, VirtualDisk? baseDisk = null) : VirtualDisk
{
    /// <summary>Asking for holes costs a call of the system; a small stretch is read in that time.</summary>
    private const long SmallestHoleSearchBytes = 256 << 10;

    private const long LongestRangeBytes = 256 << 20;
    private const int MostRuns = 4096;

    private readonly Dictionary<ImageFile, MappedSpace> _mapped = [];
    private readonly LastRange _fileRange = new();
    private readonly LastRange _baseRange = new();

    public override bool TryNextData(long offset, out long start, out long end)
    {
        (start, end) = (offset, offset);
        var found = false;
        var runs = 0;
        for (var at = offset; at < SizeBytes;)
        {
            var run = FindInside(at, SizeBytes - at);
            if (!TryDataOf(run, at, out var from, out var to))
            {
                if (found)
                {
                    return true;
                }

                session.Cancellation.ThrowIfCancellationRequested();
                at += run.LengthBytes;
                continue;
            }

            if (found && from > end)
            {
                return true;
            }

            Count(run, from, to);
            (start, end) = (found ? start : from, to);
            found = true;
            if (to < at + run.LengthBytes || ++runs == MostRuns || end - start >= LongestRangeBytes)
            {
                return true;
            }

            at = to;
        }

        return found;
    }

    public override void Read(long offset, Span<byte> to)
    {
        while (to.Length > 0)
        {
            var run = FindInside(offset, to.Length);
            var part = to[..(int)run.LengthBytes];
            switch (run.Kind)
            {
                case RunKind.Stored:
                    run.File!.Read(run.FileOffset, part);
                    break;
                case RunKind.Packed:
                    ReadPacked(run, offset, part);
                    break;
                case RunKind.Base:
                    ReadBase(offset, part);
                    break;
                default:
                    part.Clear();
                    break;
            }

            offset += part.Length;
            to = to[part.Length..];
        }
    }

    /// <summary>The stretch that begins at the offset, as long as that is cheap to tell.</summary>
    /// <param name="most">The longest that is of use; it ends inside the disk.</param>
    protected abstract DiskRun Find(long offset, long most);

    /// <summary>Expands compressed bytes; the span lies within the run.</summary>
    protected virtual void ReadPacked(DiskRun run, long offset, Span<byte> to) =>
        throw new InvalidOperationException("This format does not compress.");

    private DiskRun FindInside(long offset, long most)
    {
        var run = Find(offset, most);
        if (run.Kind == RunKind.Stored
            && (run.FileOffset < 0 || run.LengthBytes > run.File!.LengthBytes - run.FileOffset))
        {
            throw ImageError.Damaged(
                run.File!.Path, run.TableOffset,
                $"the disk's bytes from {offset} on are said to lie at {run.FileOffset}, and the file ends "
                + $"at {run.File.LengthBytes}");
        }

        return run;
    }

    private bool TryDataOf(DiskRun run, long at, out long from, out long to)
    {
        (from, to) = (at, at + run.LengthBytes);
        switch (run.Kind)
        {
            case RunKind.Zero:
                return false;
            case RunKind.Base:
                if (baseDisk is null || !_baseRange.TryNextData(baseDisk, at, out from, out var end)
                    || from >= to)
                {
                    return false;
                }

                to = Math.Min(to, end);
                return true;
            case RunKind.Stored when run.LengthBytes >= SmallestHoleSearchBytes:
                if (!_fileRange.TryNextData(run.File!, run.FileOffset, out var start, out end)
                    || start - run.FileOffset >= run.LengthBytes)
                {
                    return false;
                }

                from = at + (start - run.FileOffset);
                to = Math.Min(to, at + (end - run.FileOffset));
                return true;
            default:
                return true;
        }
    }

    private void Count(DiskRun run, long from, long to)
    {
        // A compressed stretch takes a sector at least.
        const int sector = 512;
        if (run.File is not null)
        {
            MappedSpace? mapped;
            lock (_mapped)
            {
                if (!_mapped.TryGetValue(run.File, out mapped))
                {
                    mapped = new MappedSpace(run.File, run.File.LengthBytes);
                    _mapped.Add(run.File, mapped);
                }
            }

            mapped.Count(from, to, run.Kind == RunKind.Packed ? sector : to - from, run.TableOffset);
        }
    }

    private void ReadBase(long offset, Span<byte> to)
    {
        var inside = baseDisk is null ? 0 : (int)Math.Clamp(baseDisk.SizeBytes - offset, 0, to.Length);
        if (inside > 0)
        {
            baseDisk!.Read(offset, to[..inside]);
        }

        to[inside..].Clear();
    }
}
