using BackupCopy.Jobs;

namespace BackupCopy.Tests.Jobs;

public sealed class PhasesTests
{
    // What follows; every pair that is not here is impossible.
    private static readonly Dictionary<(SyncPhase Phase, string Happened), SyncPhase> s_next = new()
    {
        [(SyncPhase.PreJob, "ScriptDone")] = SyncPhase.HealthCheck,
        [(SyncPhase.PreJob, "StopAsked")] = SyncPhase.Idle,
        [(SyncPhase.HealthCheck, "CheckDone")] = SyncPhase.Synchronizing,
        [(SyncPhase.HealthCheck, "StopAsked")] = SyncPhase.Idle,
        [(SyncPhase.Synchronizing, "AllMachinesDone")] = SyncPhase.Transforming,
        [(SyncPhase.Synchronizing, "IntervalExpired")] = SyncPhase.Transforming,
        [(SyncPhase.PreJob, "RunSkipped")] = SyncPhase.PostJob,
        [(SyncPhase.PreJob, "PhaseFailed")] = SyncPhase.PostJob,
        [(SyncPhase.HealthCheck, "PhaseFailed")] = SyncPhase.PostJob,
        [(SyncPhase.Synchronizing, "PhaseFailed")] = SyncPhase.PostJob,
        [(SyncPhase.Transforming, "PhaseFailed")] = SyncPhase.PostJob,
        [(SyncPhase.Compacting, "PhaseFailed")] = SyncPhase.PostJob,
        [(SyncPhase.PostJob, "PhaseFailed")] = SyncPhase.Idle,
        [(SyncPhase.Synchronizing, "StopAsked")] = SyncPhase.Idle,
        [(SyncPhase.Transforming, "TransformDone")] = SyncPhase.Compacting,
        [(SyncPhase.Transforming, "StopAsked")] = SyncPhase.Idle,
        [(SyncPhase.Compacting, "CompactDone")] = SyncPhase.PostJob,
        [(SyncPhase.Compacting, "StopAsked")] = SyncPhase.Idle,
        [(SyncPhase.PostJob, "ScriptDone")] = SyncPhase.Idle,
        [(SyncPhase.PostJob, "StopAsked")] = SyncPhase.Idle,
        [(SyncPhase.Idle, "IntervalExpired")] = SyncPhase.PreJob,
        [(SyncPhase.Idle, "StopAsked")] = SyncPhase.Idle,
    };

    private static IEnumerable<PhaseEvent> Events => typeof(PhaseEvent).GetNestedTypes()
        .Select(type => (PhaseEvent)Activator.CreateInstance(type)!);

    public static TheoryData<SyncPhase> Phases => [.. Enum.GetValues<SyncPhase>()];

    [Theory]
    [MemberData(nameof(Phases))]
    public void Every_event_leads_to_one_phase_or_is_impossible(SyncPhase phase)
    {
        foreach (var happened in Events)
        {
            var name = happened.GetType().Name;
            if (s_next.TryGetValue((phase, name), out var next))
            {
                Assert.Equal(next, phase.Next(happened));
            }
            else
            {
                var error = Assert.Throws<InvalidOperationException>(() => phase.Next(happened));
                Assert.Equal($"{name} cannot happen in {phase}.", error.Message);
            }
        }
    }

    [Fact]
    public void The_table_names_only_events_that_exist() => Assert.Equal(
        Events.Select(happened => happened.GetType().Name).Order(),
        s_next.Keys.Select(key => key.Happened).Distinct().Order());

    [Theory]
    [MemberData(nameof(Phases))]
    public void Checkpoint_knows_its_phase_and_keeps_machines_where_the_phase_has_them(SyncPhase phase)
    {
        var machine = Guid.NewGuid();
        var checkpoint = PhaseCheckpoint.At(phase);
        Assert.Equal(phase, checkpoint.Phase);
        if (checkpoint is PhaseCheckpoint.PerMachine empty)
        {
            var more = empty.With(machine).With(machine);
            Assert.Empty(empty.DoneMachineIds);
            Assert.Equal([machine], more.DoneMachineIds);
            Assert.Equal((empty.GetType(), phase), (more.GetType(), more.Phase));
        }
    }

    [Fact]
    public void Session_keeps_its_newest_events_and_counts_the_others()
    {
        var session = new SessionRecord
        {
            Id = Guid.NewGuid(),
            JobId = Guid.NewGuid(),
            JobName = "Nightly",
            State = SessionState.Working,
            Result = SessionResult.None,
            StartUtc = DateTime.UnixEpoch,
            Runner = "test",
            Checkpoint = PhaseCheckpoint.At(SyncPhase.Transforming),
        };
        for (var i = 0; i < SessionRecord.MostEvents + 3; i++)
        {
            session = session.With(DateTime.UnixEpoch, EventLevel.Info, $"{i}");
        }

        Assert.Equal(SessionRecord.MostEvents, session.Events.Count);
        Assert.Equal(3, session.DroppedEventCount);
        Assert.Equal("3", session.Events[0].Text);
        Assert.Equal(SyncPhase.Transforming, session.Events[^1].Phase);
    }
}
