namespace BackupCopy.Jobs;

/// <summary>The phases of a session, in their order.</summary>
public enum SyncPhase
{
    PreJob,
    HealthCheck,
    Synchronizing,
    Transforming,
    Compacting,
    PostJob,

    /// <summary>Nothing runs: the session is over and the next one has not begun.</summary>
    Idle,
}

/// <summary>What happened, as far as it decides which phase is next.</summary>
internal abstract record PhaseEvent
{
    private PhaseEvent()
    {
    }

    /// <summary>The script before or after the job has run, or there is none.</summary>
    public sealed record ScriptDone : PhaseEvent;

    /// <summary>The script before the job says that nothing is to be copied this time.</summary>
    public sealed record RunSkipped : PhaseEvent;

    /// <summary>A phase ended with an error that leaves no sense in the ones after it.</summary>
    public sealed record PhaseFailed : PhaseEvent;

    /// <summary>What was due for a check is checked.</summary>
    public sealed record CheckDone : PhaseEvent;

    /// <summary>Every machine is copied, up to date or failed.</summary>
    public sealed record AllMachinesDone : PhaseEvent;

    /// <summary>The time in which restore points are waited for and copied is up.</summary>
    public sealed record IntervalExpired : PhaseEvent;

    /// <summary>Retention is done in every chain.</summary>
    public sealed record TransformDone : PhaseEvent;

    /// <summary>What was due for compacting is compacted.</summary>
    public sealed record CompactDone : PhaseEvent;

    /// <summary>The user wants the session to end.</summary>
    public sealed record StopAsked : PhaseEvent;
}

/// <summary>
/// The order of the phases as a pure function. A closed window is waited out inside Synchronizing; the later
/// phases know neither window nor interval. What fails or skips a run leads to PostJob, where script and
/// report tell of it. A stop ends the session at once, in whatever phase: no phase after it runs, and all
/// finished work stays.
/// </summary>
internal static class Phases
{
    /// <summary>The phase after this one.</summary>
    /// <exception cref="InvalidOperationException">This cannot happen in the phase.</exception>
    public static SyncPhase Next(this SyncPhase phase, PhaseEvent happened) => (phase, happened) switch
    {
        (_, PhaseEvent.StopAsked) => SyncPhase.Idle,
        (SyncPhase.PostJob, PhaseEvent.PhaseFailed) => SyncPhase.Idle,
        (not SyncPhase.Idle, PhaseEvent.PhaseFailed) => SyncPhase.PostJob,
        (SyncPhase.PreJob, PhaseEvent.RunSkipped) => SyncPhase.PostJob,
        (SyncPhase.Idle, PhaseEvent.IntervalExpired) => SyncPhase.PreJob,
        (SyncPhase.PreJob, PhaseEvent.ScriptDone) => SyncPhase.HealthCheck,
        (SyncPhase.HealthCheck, PhaseEvent.CheckDone) => SyncPhase.Synchronizing,
        (SyncPhase.Synchronizing, PhaseEvent.AllMachinesDone) => SyncPhase.Transforming,
        (SyncPhase.Synchronizing, PhaseEvent.IntervalExpired) => SyncPhase.Transforming,
        (SyncPhase.Transforming, PhaseEvent.TransformDone) => SyncPhase.Compacting,
        (SyncPhase.Compacting, PhaseEvent.CompactDone) => SyncPhase.PostJob,
        (SyncPhase.PostJob, PhaseEvent.ScriptDone) => SyncPhase.Idle,
        _ => throw new InvalidOperationException($"{happened.GetType().Name} cannot happen in {phase}."),
    };
}
