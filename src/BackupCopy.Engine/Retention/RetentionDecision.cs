namespace BackupCopy.Retention;

/// <summary>Whether a point stays, and why.</summary>
internal sealed record RetentionDecision
{
    public required RetentionPoint Point { get; init; }
    public required bool Keep { get; init; }

    /// <summary>Everything that wants the point; empty when it goes.</summary>
    public IReadOnlyList<KeepReason> Reasons { get; init; } = [];

    /// <summary>Why nothing wants the point; empty when it stays.</summary>
    public IReadOnlyList<RemoveReason> RemoveReasons { get; init; } = [];

    /// <summary>
    /// When the point is expected to go: exact where only dates matter, estimated where it depends on points
    /// to come. Null when it goes now, when that is not known, or when it does not go by itself.
    /// </summary>
    public DateTime? ExpectedChangeUtc { get; init; }

    /// <summary>The reasons as one line.</summary>
    public string Why => Keep ? string.Join("; ", Reasons) : string.Join("; ", RemoveReasons);

    /// <summary>The point with its reasons, for a warning.</summary>
    public string Sentence => $"Restore point {LocalText.OfPoint(Point.Sequence, Point.TimeUtc)}: {Why}.";
}
