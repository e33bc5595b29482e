namespace BackupCopy.Benchmarks.Rows;

/// <summary>What a row may cost.</summary>
internal sealed record Limits
{
    /// <value>The longest it may take, in times of what runs beside it.</value>
    public double? TimesBeside { get; init; }

    /// <value>Comes on top of the times.</value>
    public double SpareSeconds { get; init; }

    public double? Seconds { get; init; }

    /// <value>Written bytes as a share of the chain's.</value>
    public double? WrittenShare { get; init; }

    /// <value>How far a rate or a share of it may be off, as a share of it.</value>
    public double? Deviation { get; init; }

    public override string ToString() => (TimesBeside, Seconds) switch
    {
        ({ } times, _) => FormattableString.Invariant($"{times:F2}x")
            + (SpareSeconds > 0 ? FormattableString.Invariant($"+{SpareSeconds * 1000:F0}ms") : ""),
        (_, { } seconds) => FormattableString.Invariant($"{seconds:F2}s"),
        _ => "",
    };
}
