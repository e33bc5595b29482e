using BackupCopy.Jobs;
using BackupCopy.Running.Phases;
using BackupCopy.Running.Upkeep;

namespace BackupCopy.Running;

/// <summary>What the phases of one session work with.</summary>
internal sealed record PhaseContext(
    Engine Engine, JobDefinition Job, SessionLog Session, SyncOptions Options,
    IProgress<IReadOnlyList<MachineProgress>>? Progress)
{
    private TargetBackup? _target;

    public SessionUpkeep Upkeep { get; } = new();

    /// <summary>When the job may transfer.</summary>
    public CopyWindow Window { get; } = CopyWindow.Parse(Job.Schedule, Job.Retention.TimeZone);

    /// <summary>
    /// Cancelled when the session is to end once the machines that are being copied are done: none is begun
    /// any more, and no phase.
    /// </summary>
    public CancellationToken NoMoreMachines { get; init; }

    /// <summary>
    /// Opened when the first phase needs it: the script before the job may attach the drive.
    /// </summary>
    public TargetBackup Target
    {
        get
        {
            if (_target is null)
            {
                var target = TargetBackup.Open(Engine, Job);
                target.Repository.EnsureWritable();
                _target = target;
            }

            return _target;
        }
    }
}

/// <summary>
/// The one loop over the phases. A phase begins when the catalog says so, runs until it tells what happened,
/// and <see cref="Jobs.Phases.Next"/> alone decides what follows. An error of a phase fails the session and
/// leads to PostJob; that a machine failed is no error of a phase, and the later ones run for the others.
/// </summary>
internal static class PhaseDriver
{
    /// <returns>What led to Idle.</returns>
    public static async Task<PhaseEvent> RunAsync(PhaseContext context, CancellationToken cancellation)
    {
        var phase = SyncPhase.PreJob;
        PhaseEvent happened;
        do
        {
            context.Session.Enter(phase);
            context.Options.EnteringPhase?.Invoke(phase);
            happened = await OutcomeAsync(phase, context, cancellation);
            phase = phase.Next(happened);
        }
        while (phase != SyncPhase.Idle);

        return happened;
    }

    private static async Task<PhaseEvent> OutcomeAsync(
        SyncPhase phase, PhaseContext context, CancellationToken cancellation)
    {
        try
        {
            cancellation.ThrowIfCancellationRequested();
            context.NoMoreMachines.ThrowIfCancellationRequested();
            return await RunAsync(phase, context, cancellation);
        }
        catch (OperationCanceledException)
        {
            return new PhaseEvent.StopAsked();
        }
        catch (BackupCopyException error)
        {
            context.Options.Fail?.Invoke(null, error);
            context.Session.Fail(error);
            return new PhaseEvent.PhaseFailed();
        }
    }

    private static Task<PhaseEvent> RunAsync(
        SyncPhase phase, PhaseContext context, CancellationToken cancellation) => phase switch
    {
        SyncPhase.PreJob => PreJobPhase.RunAsync(context, cancellation),
        SyncPhase.HealthCheck => HealthCheckPhase.RunAsync(context, cancellation),
        SyncPhase.Synchronizing => SynchronizingPhase.RunAsync(context, cancellation),
        SyncPhase.Transforming => TransformingPhase.RunAsync(context, cancellation),
        SyncPhase.Compacting => CompactingPhase.RunAsync(context, cancellation),
        SyncPhase.PostJob => PostJobPhase.RunAsync(context, cancellation),
        _ => throw new InvalidOperationException($"Nothing runs in {phase}."),
    };
}
