namespace BackupCopy.Jobs;

/// <summary>Why a session was begun.</summary>
public enum SessionTrigger
{
    /// <summary>Somebody asked for it.</summary>
    Manual,

    /// <summary>An interval began.</summary>
    Schedule,

    /// <summary>A restore point appeared in a source of an immediate job.</summary>
    NewPoint,
}

/// <summary>
/// The time in which each machine gets at most one new restore point.
/// </summary>
/// <param name="EndUtc">Null for a job without intervals.</param>
/// <param name="LengthLookedBack">How far before its start points still count; null for any age.</param>
public sealed record CopyInterval(DateTime StartUtc, DateTime? EndUtc, TimeSpan? LengthLookedBack);

/// <summary>What is known of a job from one session to the next.</summary>
internal sealed record JobRun
{
    public required Guid JobId { get; init; }

    /// <summary>The interval that began last; null before the first.</summary>
    public CopyInterval? Interval { get; init; }

    /// <summary>
    /// Whether the interval's work is not over: a session of it was cut off, or runs.
    /// </summary>
    public bool IsOpen { get; init; }

    /// <summary>The local day of the first interval, from which days are counted.</summary>
    public DateOnly? AnchorDate { get; init; }

    /// <summary>The definition by which the interval's end was found; another one makes a new end.</summary>
    public string IntervalRule { get; init; } = "";

    /// <summary>How many sessions there were; scripts that run every so many sessions count by it.</summary>
    public long SessionCount { get; init; }

    /// <summary>The local day on which the script before the job last ran by weekday.</summary>
    public DateOnly? PreScriptDay { get; init; }

    /// <summary>The same of the script after the job.</summary>
    public DateOnly? PostScriptDay { get; init; }

    /// <summary>The local day of the last scheduled health check.</summary>
    public DateOnly? HealthCheckDay { get; init; }

    /// <summary>
    /// When the scheduled health check began that is not through yet: chains that were checked since are not
    /// checked again. Null when none is open.
    /// </summary>
    public DateTime? HealthCheckBeganUtc { get; init; }

    /// <summary>The local day of the last scheduled compaction.</summary>
    public DateOnly? CompactDay { get; init; }

    /// <summary>
    /// What is older in the target than the job left it, until somebody accepts that; empty for nothing.
    /// </summary>
    public string WentBack { get; init; } = "";
    public IReadOnlyList<MachineRun> Machines { get; init; } = [];

    /// <summary>The chains as the job left them, so that it notices when a repository went back.</summary>
    public IReadOnlyList<ChainRun> Chains { get; init; } = [];

    /// <summary>The machines in the job's sources that no job copies and that were told of.</summary>
    public IReadOnlyList<Guid> ToldUnprotected { get; init; } = [];

    /// <summary>The machine's state; a new one where there is none yet.</summary>
    public MachineRun Machine(Guid id, string name) =>
        Machines.FirstOrDefault(m => m.MachineId == id) ?? new MachineRun { MachineId = id, Machine = name };

    public JobRun With(MachineRun machine) =>
        this with { Machines = [.. Machines.Where(m => m.MachineId != machine.MachineId), machine] };
}

/// <summary>What is known of a machine in a job from one session to the next.</summary>
internal sealed record MachineRun
{
    public required Guid MachineId { get; init; }
    public required string Machine { get; init; }

    /// <summary>The start of the interval in which it got its point; null for never.</summary>
    public DateTime? DoneInIntervalUtc { get; init; }

    /// <summary>How many sessions in a row it failed in.</summary>
    public int ConsecutiveFailures { get; init; }

    /// <summary>The time of the source point whose missing copy was warned of; null for none.</summary>
    public DateTime? WarnedPointUtc { get; init; }
}

/// <summary>A chain in the target as the job's last session left it.</summary>
/// <param name="Folder">The chain's folder below the repository.</param>
/// <param name="HighestSequence">The highest sequence that it ever gave out.</param>
/// <param name="NewestSequence">That of the newest point; 0 without one.</param>
/// <param name="NewestDigest">SHA-256 of that point's file, in hex.</param>
internal sealed record ChainRun(
    Guid RepositoryId, string Folder, string Machine, long HighestSequence, long NewestSequence,
    string NewestDigest);
