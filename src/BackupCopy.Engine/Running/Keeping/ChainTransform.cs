using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Retention;
using BackupCopy.Storage;

namespace BackupCopy.Running.Keeping;

/// <summary>What retention did with one chain.</summary>
internal sealed record TransformOutcome
{
    /// <summary>The points that went, with what retention said of them.</summary>
    public IReadOnlyList<RetentionDecision> Removed { get; init; } = [];

    /// <summary>Points that have to go and are being read, or all when the chain is being written.</summary>
    public IReadOnlyList<BusyPoint> Busy { get; init; } = [];
    public IReadOnlyList<BlockedRemoval> Blocked { get; init; } = [];
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Points kept only because no other good one is left.</summary>
    public IReadOnlyList<RetentionDecision> Warnings { get; init; } = [];
    public long FreedBytes { get; init; }

    /// <summary>The error or the stop after which the space of removed points did not all return.</summary>
    public Exception? Failure { get; init; }

    /// <summary>Points that an attempt that failed left, whatever it failed of.</summary>
    public int Undone { get; init; }

    /// <summary>Points that should be gone and are not.</summary>
    public int Debt => Busy.Count + Blocked.Sum(b => b.Sequences.Count) + Undone;
}

/// <param name="Stem">The name of the point's lock.</param>
/// <param name="Holder">Who has it, as far as that is known.</param>
internal sealed record BusyPoint(long Sequence, string Stem, string Holder);

/// <summary>
/// Retention of one chain: decides by what its files say now, removes what nobody reads, gives the space
/// back. What could not be done is named; doing it again is always right.
/// </summary>
internal sealed class ChainTransform
{
    private readonly Chain _chain;
    private readonly Func<IReadOnlyList<ChainPoint>, IReadOnlyList<RetentionDecision>> _decide;

    /// <param name="decide">
    /// Says of each point whether it stays; asked again under the chain's lock, since points and marks may
    /// have changed.
    /// </param>
    public ChainTransform(
        Chain chain, Func<IReadOnlyList<ChainPoint>, IReadOnlyList<RetentionDecision>> decide)
    {
        _chain = chain;
        _decide = decide;
    }

    public Chain Chain => _chain;

    public TransformOutcome Run(CancellationToken stop)
    {
        var decisions = _decide(_chain.Points());
        var going = decisions.Where(d => !d.Keep).ToList();
        var warnings = decisions.Where(d => d.Reasons.Any(r => r.IsWarning)).ToList();
        if (going.Count == 0 && _chain.Tombstones().Count == 0 && !OldBytes.Any(_chain))
        {
            return new TransformOutcome { Warnings = warnings };
        }

        PointRemoval removal;
        try
        {
            removal = PointRemoval.Begin(_chain, "removing restore points");
        }
        catch (BackupCopyException error) when (error.Code == ErrorCode.ChainLocked)
        {
            return new TransformOutcome
            {
                Busy = [.. going.Select(d => new BusyPoint(
                    d.Point.Sequence, "", error.Message.TrimEnd('.')))],
                Warnings = warnings,
            };
        }

        using (removal)
        {
            return Remove(removal, warnings, stop);
        }
    }

    /// <summary>What is to be said of a chain after <see cref="Run"/> failed.</summary>
    public TransformOutcome Failed()
    {
        try
        {
            return new TransformOutcome { Undone = _decide(_chain.Points()).Count(d => !d.Keep) };
        }
        catch (BackupCopyException)
        {
            // Nobody can tell how many; the error itself is told.
            return new TransformOutcome();
        }
    }

    private TransformOutcome Remove(
        PointRemoval removal, IReadOnlyList<RetentionDecision> warnings, CancellationToken stop)
    {
        var points = _chain.Points();
        var going = _decide(points).Where(d => !d.Keep).ToDictionary(d => d.Point.Sequence);
        var outcome = removal.RemoveAndRewrite(going.Keys, stop);
        return new TransformOutcome
        {
            Removed = [.. outcome.Removed.Where(going.ContainsKey).Select(s => going[s])],
            Busy =
            [
                .. outcome.Busy.Select(b => new BusyPoint(
                    b.Sequence, points.Single(p => p.Sequence == b.Sequence).Stem,
                    b.Reader?.ToString() ?? "a reader")),
            ],
            Blocked = outcome.Blocked,
            Notes = outcome.Notes,
            Warnings = warnings,
            FreedBytes = outcome.FreedBytes,
            Failure = outcome.Failure,
        };
    }
}
