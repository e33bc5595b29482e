namespace BackupCopy.Jobs;

public enum EventLevel
{
    Info,
    Warning,
    Error,
}

/// <summary>
/// What an event tells, by a number that stays: scripts and monitors match on it. docs/EVENTS.md lists them.
/// </summary>
public enum SessionEventId
{
    /// <summary>Something worth a line and no more.</summary>
    Note = 400,
    SessionStarted = 410,
    SessionContinues = 411,
    PhaseEntered = 420,
    PhaseLeft = 421,
    PhaseFailed = 422,
    ScriptRan = 430,
    ScriptFailed = 431,
    ScriptSaid = 432,
    MachineCopied = 450,
    MachineUpToDate = 451,
    MachineFailed = 452,
    MachineNotCopied = 453,
    MachineWaits = 454,
    MachineRetries = 455,
    ConnectionLost = 456,
    ConnectionBack = 457,
    MachineStopped = 458,
    HealthChecked = 440,
    DamageFound = 441,
    DamageHealed = 442,
    DamageLeft = 443,
    PointSetAside = 444,
    RepositoryWentBack = 445,
    HealthCheckFailed = 446,
    ChainCompacted = 447,
    CompactingFailed = 448,
    WindowClosed = 460,
    WindowOpen = 461,
    SourceUnavailable = 462,
    NothingSelected = 463,
    LockAwaited = 464,
    PointRemoved = 470,
    SpaceFreed = 471,
    RetentionDebt = 472,
    DeletedMachine = 473,
    RetentionWarning = 474,
    RetentionFailed = 475,
    RpoMissed = 480,
    MachineNeverCopied = 481,
    MachineUnprotected = 482,
    ReportSent = 485,
    ReportQueued = 486,
    SessionEnded = 490,
    SessionInterrupted = 491,
    StopAsked = 492,
    ClockJumped = 493,
    SessionFailed = 494,
    ServiceStarted = 500,
    ServiceStopped = 501,
    ServiceTrouble = 502,
}

/// <summary>One sentence of what happened in a session.</summary>
/// <param name="Phase">The phase in which it happened.</param>
/// <param name="Machine">The machine that it is about; null when it is about the session.</param>
public sealed record SessionEvent(
    DateTime TimeUtc, SyncPhase Phase, EventLevel Level, string Text, string? Machine = null,
    SessionEventId Id = SessionEventId.Note);
