using BackupCopy.Reporting;

namespace BackupCopy.Running.Upkeep;

/// <summary>Puts what backups hold in the order in which it is restored.</summary>
public sealed class Compactions
{
    private readonly Engine _engine;

    internal Compactions(Engine engine) => _engine = engine;

    /// <summary>What a run would do now; takes no lock and changes nothing.</summary>
    public IReadOnlyList<CompactionResult> Plan(
        CompactionScope scope, CompactionOptions options, CancellationToken cancellation) =>
        CompactionRun.Of(_engine, scope, options).Plan(cancellation);

    /// <summary>
    /// Runs now, a machine after the other. What was stopped or ended in an error is whole, and the next run
    /// goes on.
    /// </summary>
    public Task<IReadOnlyList<CompactionResult>> RunAsync(
        CompactionScope scope, CompactionOptions options, CancellationToken cancellation) =>
        CompactionRun.Of(_engine, scope, options).RunAsync(cancellation);
}
