using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Inventory;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Retention;
using BackupCopy.Running.Imaging;
using BackupCopy.Running.Keeping;
using BackupCopy.Sources;

namespace BackupCopy.Running;

/// <summary>
/// What a sync would do now, measured by comparing maps; reads no block and changes nothing.
/// </summary>
internal sealed class SyncPlan
{
    private readonly Engine _engine;
    private readonly JobDefinition _job;
    private readonly RetentionPolicy _policy;

    public SyncPlan(Engine engine, JobDefinition job)
    {
        _engine = engine;
        _job = job;
        _policy = job.Retention.Policy();
    }

    public IEnumerable<SyncPlanInfo> Run(IReadOnlyList<string> machines, bool full)
    {
        var target = TargetBackup.Open(_engine, _job);
        var free = _engine.Storage.FreeBytes(target.Repository.Path);
        var left = free;
        var look = new MachineLook(_engine, _job);
        foreach (var machine in look.Run(target, Scope(full)))
        {
            if (!Wildcard.MatchesAny(machines, machine.Machine))
            {
                continue;
            }

            var lag = look.LagOf(machine);
            var plan = Plan(target, machine, full) with
            {
                FreeBytes = free,
                LagPoints = lag.Points,
                Lag = lag.Behind,
            };
            left -= plan.StoreBytes;
            yield return plan with { Fits = left >= 0 };
        }
    }

    // A sync that is asked for begins an interval of its own.
    private PointScope Scope(bool full) => PointScope.Of(
        _job,
        IntervalClock.Begin(
            _job, _engine.Catalog.Run(_job.Id), _engine.NowUtc, SessionTrigger.Manual, restartGrid: false)
            .Interval!,
        _engine.Catalog.GlobalSettings().LookForward, full);

    private SyncPlanInfo Plan(TargetBackup target, MachineSight machine, bool full)
    {
        var chain = machine.Chain;
        var existing = chain.Points();
        var info = new SyncPlanInfo
        {
            Job = _job.Name,
            Machine = machine.Machine,
            MachineId = machine.MachineId,
            Action = SyncAction.UpToDate,
            Removes = Removes(ChainRetention.Decide(existing, _policy, _engine.NowUtc)),
        };
        switch (machine.Decision)
        {
            case PointDecision.Wait wait:
                return With(info, wait.Point) with
                {
                    Action = SyncAction.Wait,
                    Reason = $"The newest restore point is being written by {wait.Point.Writer}.",
                };
            case PointDecision.Copy copy:
                return Measure(With(info, copy.Point), copy.Point, chain, existing, target.Repository, full);
            case PointDecision.TooOld old:
                return With(info, old.Newest) with
                {
                    Action = SyncAction.Wait,
                    Reason = "The newest restore point is too old for an interval that begins now; a new one "
                        + "is waited for.",
                };
            default:
                return info with { Reason = "Nothing is newer than what was copied last." };
        }
    }

    private static SyncPlanInfo With(SyncPlanInfo info, CandidatePoint point) => info with
    {
        PointTime = point.TimeUtc.ToLocalTime(),
        SourceRepository = point.Repository,
        SourceBackup = point.JobName,
    };

    private SyncPlanInfo Measure(
        SyncPlanInfo info, CandidatePoint point, Chain target, IReadOnlyList<ChainPoint> existing,
        RepositoryFolder repository, bool full)
    {
        try
        {
            var added = NewPoint.Of(point.TimeUtc, existing, _job.Retention, full);
            var parent = added.WantsFull.Length > 0
                ? null : ChainAppender.ParentOf(existing, repository.File.BlockSizeBytes);
            var (plain, stored) = point.IsImages
                ? MeasureImages(point) : MeasurePoint(point, target, parent, repository);
            var isFull = parent is null;
            return info with
            {
                Action = SyncAction.Copy,
                Type = isFull ? RestorePointType.Full : RestorePointType.Increment,
                ReadBytes = plain,
                SendBytes = stored,
                StoreBytes = stored + MapBytes(plain, repository.File.BlockSizeBytes),
                Reason = !isFull && point.IsImages
                    ? "Newer than what was copied last; how much of it has changed shows when it is read."
                    : !isFull ? "Newer than what was copied last."
                    : added.WantsFull.Length > 0 ? added.WantsFull : NewPoint.WhyNoParent(existing),
                Gfs = ChainRetention.Tiers(added.Gfs),
                GfsReason = added.GfsReason,
                Removes = Removes(
                    NewPoint.DecideWith(point.TimeUtc, existing, _policy, _engine.NowUtc)),
            };
        }
        catch (BackupCopyException error)
        {
            return info with { Action = SyncAction.Fail, Reason = error.Message };
        }
    }

    private (long Plain, long Stored) MeasurePoint(
        CandidatePoint point, Chain target, PointFile? parent, RepositoryFolder repository)
    {
        var chain = new Chain(_engine.Open(_engine.Repository(point.RepositoryId)), point.ChainPath);
        using var source = chain.LookAt(chain.Points().First(p => p.Sequence == point.Sequence));
        var comparable = source.Point.BlockSizeBytes == repository.File.BlockSizeBytes ? parent : null;
        using var store = target.OpenStore(parent?.MachineId ?? point.MachineId);
        return Measure(source, comparable, store);
    }

    // All that the images hold: without reading it nobody knows what of it is new.
    private (long Plain, long Stored) MeasureImages(CandidatePoint point)
    {
        var definition = _engine.Repository(point.RepositoryId);
        var found = ImageRepository.Open(_engine, definition)!.Find(point)
            ?? throw Transferring.PointTransfer.Gone(point);
        using var images = ImageSet.Open(found.Paths, definition.Path, definition.Images!.Raw, default);
        long plain = 0;
        foreach (var disk in images.Disks)
        {
            for (long at = 0; disk.TryNextData(at, out var start, out var end); at = end)
            {
                plain += end - start;
            }
        }

        return (plain, plain);
    }

    private static ExpectedRemoval[] Removes(IReadOnlyList<RetentionDecision> decisions) =>
    [
        .. decisions.Where(d => !d.Keep).Select(
            d => new ExpectedRemoval(d.Point.TimeUtc.ToLocalTime(), d.Point.Sequence, d.Why)),
    ];

    private static (long Plain, long Stored) Measure(PointReader source, PointFile? parent, RecordStore store)
    {
        long plain = 0, stored = 0;
        foreach (var disk in source.Point.Disks)
        {
            var before = parent?.Disks.FirstOrDefault(d => d.Id == disk.Id);
            var map = before is null ? null : new DiskMap(store, before, parent!.BlockSizeBytes);
            foreach (var change in MapDiff.Between(source.OpenMap(disk), map))
            {
                if (!change.Now.IsEmpty)
                {
                    plain += BlockSize.LengthOf(change.Block, disk.SizeBytes, source.Point.BlockSizeBytes);
                    stored += source.Store.Locate(change.Now.Name).SlotLength;
                }
            }
        }

        return (plain, stored);
    }

    // Every changed block renews its entry and, at worst, a leaf of its own; the upper
    // bound is what a plan owes.
    private static long MapBytes(long plainBytes, int blockSizeBytes) =>
        plainBytes / blockSizeBytes * MapEntry.SizeBytes + (plainBytes > 0 ? 4 * MapNode.LargestBytes : 0);
}
