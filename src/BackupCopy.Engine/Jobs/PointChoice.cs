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

    /// <summary>Its writer is still at work: it is waited for and never replaced by an older one.</summary>
    public required bool IsLocked { get; init; }

    /// <summary>Who writes it, empty unless locked.</summary>
    public string Writer { get; init; } = "";

    /// <summary>The folder of its chain.</summary>
    public required string ChainPath { get; init; }
}

/// <summary>The point that a job copied last for a machine: where it came from and its time.</summary>
public sealed record CopiedPoint(Guid RepositoryId, Guid JobId, long Sequence, DateTime TimeUtc);

/// <summary>What a job does for one machine now.</summary>
public abstract record PointDecision
{
    private PointDecision()
    {
    }

    /// <summary>Copy this point.</summary>
    public sealed record Copy(CandidatePoint Point) : PointDecision;

    /// <summary>The newest point is being written: wait for it.</summary>
    public sealed record Wait(CandidatePoint Point) : PointDecision;

    /// <summary>Nothing is newer than what was copied last.</summary>
    public sealed record UpToDate(CandidatePoint? Newest) : PointDecision;
}

/// <summary>
/// Chooses the one point of a machine that a job copies: the newest complete one that is newer than the last
/// one copied; older ones are never back-filled. Within one source chain "newer" means sequence, between
/// chains time, so a clock set back in the source does not stop its copies.
/// </summary>
public static class PointChoice
{
    /// <param name="candidates">The newest points of all chains of one machine.</param>
    /// <param name="last">What the job copied last, null for a machine never copied.</param>
    /// <param name="evenIfCopied">
    /// Choose the newest point also when it was copied already (a full on demand).
    /// </param>
    public static PointDecision Choose(
        IReadOnlyList<CandidatePoint> candidates, CopiedPoint? last, bool evenIfCopied = false)
    {
        var newest = candidates
            .OrderByDescending(c => c.TimeUtc)
            .ThenBy(c => c.SourceOrder)
            .ThenBy(c => c.Repository, StringComparer.OrdinalIgnoreCase)
            .ThenBy(c => c.BackupFolder, StringComparer.Ordinal)
            .ToList();
        var chosen = newest.FirstOrDefault(c => evenIfCopied || IsNewer(c, last));
        return chosen is null ? new PointDecision.UpToDate(newest.FirstOrDefault())
            : chosen.IsLocked ? new PointDecision.Wait(chosen)
            : new PointDecision.Copy(chosen);
    }

    // A later time also counts within the chain: sequences begin again where a source backup was begun anew.
    private static bool IsNewer(CandidatePoint point, CopiedPoint? last) =>
        last is null
        || point.TimeUtc > last.TimeUtc
        || (point.RepositoryId == last.RepositoryId && point.JobId == last.JobId
            && point.Sequence > last.Sequence);
}
