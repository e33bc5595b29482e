using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running.Keeping;
using BackupCopy.Running.Upkeep;

namespace BackupCopy.Running;

/// <summary>The points of one chain, read once, as the prompt shows them.</summary>
internal sealed class ChainListing
{
    private const int IdSuffix = 9;

    private readonly RepositoryDefinition _definition;
    private readonly BackupFolder _backup;
    private readonly PointKeeping _keeping;
    private readonly PointHealth _health;

    /// <param name="job">The job that keeps the backup; null without one.</param>
    public ChainListing(
        RepositoryDefinition definition, BackupFolder backup, Chain chain, JobDefinition? job,
        DateTime nowUtc)
    {
        _definition = definition;
        _backup = backup;
        Chain = chain;
        Points = chain.Points();
        _keeping = new PointKeeping(Points, job, nowUtc);
        _health = PointHealth.Of(chain);
    }

    public Chain Chain { get; }

    /// <summary>By sequence, oldest first, without one in the making.</summary>
    public IReadOnlyList<ChainPoint> Points { get; }

    /// <summary>All points, without a word on how long they stay.</summary>
    public IEnumerable<RestorePointInfo> All(bool includeUnfinished) =>
        includeUnfinished && Unfinished() is { } unfinished
            ? Points.Select(Describe).Append(unfinished)
            : Points.Select(Describe);

    /// <summary>Adds how long a point of this chain stays.</summary>
    public RestorePointInfo Tell(RestorePointInfo point) => _keeping.Tell(point);

    /// <summary>Null when the chain has no such point.</summary>
    public RestorePointInfo? Find(long sequence) =>
        Points.FirstOrDefault(p => p.Sequence == sequence) is { } point ? Tell(Describe(point)) : null;

    private RestorePointInfo Describe(ChainPoint point) => _health.Tell(Bare(point));

    private RestorePointInfo Bare(ChainPoint point)
    {
        var file = point.File;
        var isHeld = point.Mark is { IsHeld: true } || (point.MarkDamage is not null && file is not null);
        return new RestorePointInfo
        {
            Machine = file?.MachineName ?? Path.GetFileName(Chain.Path)[..^IdSuffix],
            MachineId = file?.MachineId ?? default,
            Time = point.TimeUtc.ToLocalTime(),
            Type = Points is [var oldest, ..] && oldest.Sequence == point.Sequence || file is { IsFull: true }
                ? RestorePointType.Full : RestorePointType.Increment,
            State = file is null ? RestorePointState.Damaged
                : point.IsUsable ? RestorePointState.Complete : RestorePointState.SetAside,
            Repository = _definition.Name,
            RepositoryId = _definition.Id,
            Backup = file?.JobName ?? _backup.FolderName[..^IdSuffix],
            JobId = file?.JobId ?? default,
            BackupFolder = _backup.FolderName,
            Sequence = point.Sequence,
            SizeBytes = file?.SizeBytes ?? 0,
            AddedBytes = file?.AddedBytes ?? 0,
            BlockSizeBytes = file?.BlockSizeBytes ?? 0,
            Disks = [.. (file?.Disks ?? [])
                .Select(d => new DiskInfo(d.Id, d.Name, d.SizeBytes, d.UsedBytes))],
            Attachments = [.. (file?.Attachments ?? []).Select(a => a.Name)],
            Gfs = ChainRetention.Tiers(point),
            GfsReason = file?.GfsReason ?? "",
            IsHeld = isHeld,
            HoldReason = !isHeld ? ""
                : point.MarkDamage is { } damage ? $"Nobody knows whether it is held: {damage.Message}"
                : point.Mark!.Reason,
            WrittenTime = (file?.WrittenUtc ?? default).ToLocalTime(),
            Reason = point.Damage?.Message ?? (point.Mark is { IsSetAside: true } ? point.Mark.Reason : ""),
            Path = Path.Combine(Chain.Path, point.FileName),
        };
    }

    private RestorePointInfo? Unfinished()
    {
        if (Chain.Unfinished() is not { } unfinished)
        {
            return null;
        }

        var locked = Chain.IsBeingWritten(out var writer);
        var point = new ChainPoint
        {
            Sequence = unfinished.Sequence,
            FileName = unfinished.FileName,
            File = unfinished.File,
        };
        return Describe(point) with
        {
            State = locked ? RestorePointState.Locked : RestorePointState.Incomplete,
            Type = RestorePointType.Increment,
            Reason = locked ? $"Written by {writer?.ToString() ?? "another process"}." : "",
        };
    }
}
