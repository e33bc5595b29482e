namespace BackupCopy.Jobs;

/// <summary>
/// A restore point that a job might copy: the newest of one chain in one source repository.
/// </summary>
public sealed record CandidatePoint
{
    /// <summary>The place of its repository in the job's list; earlier wins a tie.</summary>
    public required int SourceOrder { get; init; }
    public required Guid RepositoryId { get; init; }
    public required string Repository { get; init; }
    public required string BackupFolder { get; init; }
    public required Guid JobId { get; init; }
    public required string JobName { get; init; }
    public required Guid MachineId { get; init; }
    public required string Machine { get; init; }
    public required long Sequence { get; init; }
    public required DateTime TimeUtc { get; init; }

    /// <summary>Since when it could be copied.</summary>
    public DateTime ReadyUtc { get; init; }

    /// <summary>Its writer is still at work: it is waited for and never replaced by an older one.</summary>
    public required bool IsLocked { get; init; }

    /// <summary>Who writes it, empty unless locked.</summary>
    public string Writer { get; init; } = "";

    /// <summary>
    /// The folder of its chain; for images a name that all images of the machine share and no others.
    /// </summary>
    public required string ChainPath { get; init; }

    /// <summary>Whether it is a set of image files.</summary>
    public bool IsImages { get; init; }
}

/// <summary>The point that a job copied last for a machine: where it came from and its time.</summary>
public sealed record CopiedPoint(Guid RepositoryId, Guid JobId, long Sequence, DateTime TimeUtc);

/// <summary>Which restore points count in a session.</summary>
public sealed record PointScope
{
    /// <summary>Points of an earlier time do not count; null for any age.</summary>
    public DateTime? NotBeforeUtc { get; init; }

    /// <summary>Whether they count only if created after the interval began.</summary>
    public bool LooksForward { get; init; }

    /// <summary>Every point is copied, oldest first, not the newest alone.</summary>
    public bool EveryPoint { get; init; }

    /// <summary>The newest point counts also when it was copied already (a full on demand).</summary>
    public bool EvenIfCopied { get; init; }

    /// <summary>What counts in an interval of a job.</summary>
    /// <param name="looksForward">The global setting; the job's own beats it.</param>
    /// <param name="full">A full of the newest point is asked for.</param>
    public static PointScope Of(JobDefinition job, CopyInterval interval, bool looksForward, bool full)
    {
        var schedule = job.Schedule;
        var forward = schedule is { Every: not null, Mode: JobMode.Periodic }
            && (schedule.LookForward ?? looksForward);
        return new PointScope
        {
            NotBeforeUtc = schedule.Mode == JobMode.Immediate ? null
                : forward ? interval.StartUtc
                : interval.LengthLookedBack is { } back ? interval.StartUtc - back : null,
            LooksForward = forward,
            EveryPoint = schedule.Mode == JobMode.Immediate && !full,
            EvenIfCopied = full,
        };
    }
}

/// <summary>What a job does for one machine now.</summary>
public abstract record PointDecision
{
    private PointDecision()
    {
    }

    /// <summary>Copy this point.</summary>
    public sealed record Copy(CandidatePoint Point) : PointDecision;

    /// <summary>The point is being written: wait for it.</summary>
    public sealed record Wait(CandidatePoint Point) : PointDecision;

    /// <summary>Nothing is newer than what was copied last.</summary>
    public sealed record UpToDate(CandidatePoint? Newest) : PointDecision;

    /// <summary>The newest one was not copied and is too old for this interval.</summary>
    public sealed record TooOld(CandidatePoint Newest) : PointDecision;
}

/// <summary>
/// Chooses the one point of a machine that a job copies next. Within one source chain "newer" means sequence,
/// between chains time, so a clock set back in the source does not stop its copies. A point that is being
/// written is waited for, and no older one is taken in its stead.
/// </summary>
public static class PointChoice
{
    /// <param name="candidates">
    /// The newest points of all chains of one machine; all points of them where every point is copied.
    /// </param>
    /// <param name="last">What the job copied last, null for a machine never copied.</param>
    /// <param name="scope">Null takes points of any age, the newest alone.</param>
    public static PointDecision Choose(
        IReadOnlyList<CandidatePoint> candidates, CopiedPoint? last, PointScope? scope = null)
    {
        scope ??= new PointScope();
        var newest = candidates
            .OrderByDescending(c => c.TimeUtc)
            .ThenBy(c => c.SourceOrder)
            .ThenBy(c => c.Repository, StringComparer.OrdinalIgnoreCase)
            .ThenBy(c => c.BackupFolder, StringComparer.Ordinal)
            .ThenByDescending(c => c.Sequence)
            .ToList();
        var isNewer = NewerThan(last, candidates);
        var newer = newest.Where(c => scope.EvenIfCopied || isNewer(c)).ToList();
        if (newer.Count == 0)
        {
            return new PointDecision.UpToDate(newest.FirstOrDefault());
        }

        var recent = newer.Where(c => scope.NotBeforeUtc is not { } first || c.TimeUtc >= first).ToList();
        var chosen = recent.Count == 0 ? null
            : scope.EveryPoint && last is not null ? Oldest(recent) : recent[0];
        return chosen is null ? new PointDecision.TooOld(newer[0])
            : chosen.IsLocked ? new PointDecision.Wait(chosen)
            : new PointDecision.Copy(chosen);
    }

    /// <summary>The points that the job has not copied yet, of all the chains of a machine.</summary>
    public static int CountNewer(IReadOnlyList<CandidatePoint> all, CopiedPoint? last)
    {
        var isNewer = NewerThan(last, all);
        return all.Count(c => !c.IsLocked && isNewer(c));
    }

    /// <summary>What is newer than the last copy. The chain that it came from counts by sequence.</summary>
    /// <param name="all">All candidates of the machine.</param>
    // In a source backup that was begun anew sequences begin again; then none reaches the last one.
    internal static Func<CandidatePoint, bool> NewerThan(CopiedPoint? last, IEnumerable<CandidatePoint> all)
    {
        if (last is null)
        {
            return _ => true;
        }

        var isAnew = all.Where(IsOfLast).Select(c => c.Sequence).DefaultIfEmpty(0).Max() < last.Sequence;
        return c => IsOfLast(c) && !isAnew ? c.Sequence > last.Sequence : c.TimeUtc > last.TimeUtc;

        bool IsOfLast(CandidatePoint point) =>
            point.RepositoryId == last.RepositoryId && point.JobId == last.JobId;
    }

    // Of the chain whose point is the oldest by time, the first by sequence.
    private static CandidatePoint Oldest(IReadOnlyList<CandidatePoint> newestFirst)
    {
        var oldest = newestFirst[^1];
        return newestFirst.Where(c => c.ChainPath == oldest.ChainPath).MinBy(c => c.Sequence)!;
    }
}
