namespace BackupCopy.Jobs;

/// <summary>
/// How far a session is: one kind of value for each phase, holding exactly what is done so far in it. Stored
/// with the session, it outlives the session's process and tells the next session what this one left.
/// </summary>
public abstract record PhaseCheckpoint
{
    private PhaseCheckpoint(SyncPhase phase) => Phase = phase;

    public SyncPhase Phase { get; }

    /// <summary>
    /// The checkpoint of a phase in which these machines are done; only phases that go machine by machine
    /// keep them.
    /// </summary>
    public static PhaseCheckpoint At(SyncPhase phase, params IReadOnlyList<Guid> doneMachineIds) =>
        phase switch
        {
            SyncPhase.PreJob => new PreJob(),
            SyncPhase.HealthCheck => new HealthCheck(doneMachineIds),
            SyncPhase.Synchronizing => new Synchronizing(doneMachineIds),
            SyncPhase.Transforming => new Transforming(doneMachineIds),
            SyncPhase.Compacting => new Compacting(doneMachineIds),
            SyncPhase.PostJob => new PostJob(),
            SyncPhase.Idle => new Idle(),
            _ => throw new ArgumentOutOfRangeException(nameof(phase), phase, null),
        };

    public sealed record PreJob() : PhaseCheckpoint(SyncPhase.PreJob);

    /// <summary>These machines' chains are checked.</summary>
    public sealed record HealthCheck(IReadOnlyList<Guid> DoneMachineIds)
        : PerMachine(SyncPhase.HealthCheck, DoneMachineIds);

    /// <summary>These machines are copied or were up to date.</summary>
    public sealed record Synchronizing(IReadOnlyList<Guid> DoneMachineIds)
        : PerMachine(SyncPhase.Synchronizing, DoneMachineIds);

    /// <summary>In these machines' chains retention is done.</summary>
    public sealed record Transforming(IReadOnlyList<Guid> DoneMachineIds)
        : PerMachine(SyncPhase.Transforming, DoneMachineIds);

    /// <summary>These machines' chains are compacted.</summary>
    public sealed record Compacting(IReadOnlyList<Guid> DoneMachineIds)
        : PerMachine(SyncPhase.Compacting, DoneMachineIds);

    public sealed record PostJob() : PhaseCheckpoint(SyncPhase.PostJob);

    public sealed record Idle() : PhaseCheckpoint(SyncPhase.Idle);

    /// <summary>A phase that goes machine by machine.</summary>
    public abstract record PerMachine : PhaseCheckpoint
    {
        private protected PerMachine(SyncPhase phase, IReadOnlyList<Guid> doneMachineIds)
            : base(phase) => DoneMachineIds = doneMachineIds;

        public IReadOnlyList<Guid> DoneMachineIds { get; private init; }

        /// <summary>The machine is done as well.</summary>
        public PerMachine With(Guid machineId) => DoneMachineIds.Contains(machineId)
            ? this
            : this with { DoneMachineIds = [.. DoneMachineIds, machineId] };
    }
}
