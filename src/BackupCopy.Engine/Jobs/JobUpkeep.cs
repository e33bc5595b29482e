using BackupCopy.Retention;

namespace BackupCopy.Jobs;

/// <summary>On which days a job's copies are verified and put in order.</summary>
public sealed record JobUpkeep
{
    /// <summary>
    /// The days of the health check as they were typed, such as "Last Friday"; empty for never.
    /// </summary>
    public string HealthCheckOn { get; init; } = "";

    /// <summary>The days of the compaction; empty for never.</summary>
    public string CompactOn { get; init; } = "";

    /// <summary>
    /// When the days of the health check were set: earlier ones are not caught up. Null for never.
    /// </summary>
    public DateTime? HealthCheckSinceUtc { get; init; }

    /// <summary>The same of the compaction.</summary>
    public DateTime? CompactSinceUtc { get; init; }

    /// <exception cref="BackupCopyException">A text that names no day.</exception>
    internal DaySchedule HealthChecks() => DaySchedule.Parse(HealthCheckOn, "a health check");

    /// <exception cref="BackupCopyException">A text that names no day.</exception>
    internal DaySchedule Compactions() => DaySchedule.Parse(CompactOn, "compacting");
}

/// <summary>What a session or a check did for the health of copies.</summary>
public sealed record HealthTally
{
    /// <summary>Stored bytes that were read and verified.</summary>
    public long CheckedBytes { get; init; }

    /// <summary>The restore points whose blocks were all verified.</summary>
    public int CheckedPointCount { get; init; }

    /// <summary>How much damage was found, that known from before included.</summary>
    public int Found { get; init; }
    public int Healed { get; init; }

    /// <summary>What stays damaged.</summary>
    public int Left { get; init; }

    public bool IsEmpty => this == new HealthTally();

    public HealthTally Plus(HealthTally other) => new()
    {
        CheckedBytes = CheckedBytes + other.CheckedBytes,
        CheckedPointCount = CheckedPointCount + other.CheckedPointCount,
        Found = Found + other.Found,
        Healed = Healed + other.Healed,
        Left = Left + other.Left,
    };
}
