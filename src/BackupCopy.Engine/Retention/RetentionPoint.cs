namespace BackupCopy.Retention;

/// <summary>What retention knows of a restore point of one machine in one backup.</summary>
internal sealed record RetentionPoint
{
    /// <summary>The order of the points; "newest" means the highest.</summary>
    public required long Sequence { get; init; }

    /// <summary>Decides which day the point belongs to, never its order.</summary>
    public required DateTime TimeUtc { get; init; }

    /// <summary>Complete, not known to be damaged, not set aside.</summary>
    public bool IsGood { get; init; } = true;
    public bool IsHeld { get; init; }

    /// <summary>The flags that still count, without those that were taken away later.</summary>
    public IReadOnlyList<GfsFlag> Flags { get; init; } = [];
}
