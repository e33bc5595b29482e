using BackupCopy.Health;

namespace BackupCopy.Running.Upkeep;

/// <summary>Health checks by themselves: copies are verified, and healed, without a sync.</summary>
public sealed class HealthChecks
{
    private readonly Engine _engine;

    internal HealthChecks(Engine engine) => _engine = engine;

    /// <summary>
    /// Verifies a chain after the other, and heals what is damaged where that is asked for. Gives way to
    /// others who work with a chain, and goes on when they are done; what was stopped goes on with the next
    /// check of the same kind.
    /// </summary>
    /// <returns>One for each chain that could be checked.</returns>
    public Task<IReadOnlyList<ChainHealth>> RunAsync(
        HealthScope scope, HealthCheckOptions options, CancellationToken cancellation) =>
        new HealthCheckRun(_engine, options).RunAsync(scope, cancellation);

    /// <summary>
    /// Takes a target that went back for what it is now: the job remembers its chains as they are and copies
    /// on from there.
    /// </summary>
    public void AcceptRollback(string job) => WentBack.Accept(_engine, _engine.Job(job));
}
