using BackupCopy.Chains;
using BackupCopy.Jobs;

namespace BackupCopy.Running;

/// <summary>A machine as a session finds it: what it copied last, and what it does next.</summary>
/// <param name="Newest">The newest points of its chains in the sources.</param>
internal sealed record MachineSight(
    Guid MachineId, string Machine, Chain Chain, Guid ChainMachineId, CopiedPoint? Last,
    PointDecision Decision, IReadOnlyList<CandidatePoint> Newest);

/// <summary>
/// Looks at a job's machines: session, plan and service see the same. Only the newest point of a chain is
/// read; where every point is copied, the others are read as soon as that one is new.
/// </summary>
internal sealed class MachineLook
{
    private readonly Engine _engine;
    private readonly SourceScan _scan;

    public MachineLook(Engine engine, JobDefinition job)
    {
        _engine = engine;
        _scan = new SourceScan(engine, job);
    }

    /// <summary>The machines in the order of the sources.</summary>
    /// <param name="unavailable">As <see cref="SourceScan.Run"/> has it; so the other.</param>
    public IEnumerable<MachineSight> Run(
        TargetBackup target, PointScope scope, Action<BackupCopyException>? unavailable = null,
        Action<string, BackupCopyException>? unreadable = null, bool mayAllBeAway = false)
    {
        foreach (var machine in _scan.Run(unavailable, unreadable, mayAllBeAway))
        {
            var name = machine.First().Machine;
            var (chain, chainMachine) = target.ChainFor(name, machine.Key);
            var last = TargetBackup.Last(chain);
            List<CandidatePoint> newest = [.. machine];
            yield return new MachineSight(
                machine.Key, name, chain, chainMachine, last, Decide(newest, last, scope), newest);
        }
    }

    /// <summary>How far each machine is behind its newest complete source point.</summary>
    public IEnumerable<Reporting.MachineLag> Lags(
        TargetBackup target, Action<BackupCopyException>? unavailable = null) =>
        Run(target, new PointScope(), unavailable, (_, _) => { }).Select(LagOf);

    public Reporting.MachineLag LagOf(MachineSight machine)
    {
        List<CandidatePoint> complete = [.. machine.Newest.Where(c => !c.IsLocked)];
        return PointChoice.Choose(complete, machine.Last) is PointDecision.Copy copy
            ? new Reporting.MachineLag(
                machine.Machine, PointChoice.CountNewer(_scan.Expand(complete), machine.Last),
                (machine.Last is null ? _engine.NowUtc : copy.Point.TimeUtc)
                    - (machine.Last?.TimeUtc ?? copy.Point.TimeUtc))
            : new Reporting.MachineLag(machine.Machine, 0, TimeSpan.Zero);
    }

    private PointDecision Decide(List<CandidatePoint> newest, CopiedPoint? last, PointScope scope) =>
        PointChoice.Choose(
            scope.EveryPoint && last is not null && newest.Any(PointChoice.NewerThan(last, newest))
                ? _scan.Expand(newest) : newest,
            last, scope);
}
