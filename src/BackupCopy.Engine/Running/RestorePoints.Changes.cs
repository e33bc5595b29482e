using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running.Keeping;

namespace BackupCopy.Running;

public sealed partial class RestorePoints
{
    private const int LongestReason = 200;

    /// <summary>Holds a point, so that retention and removal pass it by, or releases it.</summary>
    /// <param name="reason">
    /// Why, one line of at most 200 characters; null leaves the reason of a point that is held already.
    /// </param>
    /// <returns>The point as it is then.</returns>
    public RestorePointInfo SetHold(RestorePointInfo point, bool hold, string? reason = null)
    {
        CheckReason(reason);
        var (definition, backup, chain) = PlaceOf(point);
        if (point.State is RestorePointState.Locked or RestorePointState.Incomplete)
        {
            throw new BackupCopyException(
                ErrorCode.PointLocked,
                $"The restore point of {point.Machine} of {point.Time.ToLocalText()} is not finished. "
                + point.Reason,
                "Hold it once it is complete.");
        }

        var found = chain.Points().FirstOrDefault(p => p.Sequence == point.Sequence) ?? throw Gone(point);
        var text = Signed(reason);
        if (!IsSo(found, hold, reason is null ? null : text))
        {
            chain.ChangeMark(found, _engine.NowUtc, mark => mark with
            {
                IsHeld = hold,
                // The one sentence of a mark belongs to the graver matter.
                Reason = mark.IsSetAside ? mark.Reason : hold ? text : "",
            });
        }

        return Listing(definition, backup, chain).Find(point.Sequence) ?? throw Gone(point);
    }

    /// <summary>What <see cref="Remove"/> would do now; takes no lock and changes nothing.</summary>
    /// <param name="points">Points of one machine in one backup.</param>
    /// <param name="force">Also the last good one.</param>
    public RemovalResult PlanRemoval(IReadOnlyList<RestorePointInfo> points, bool force = false)
    {
        var (_, _, chain) = PlaceOf(points);
        return new ManualRemoval(chain, points, force).Plan();
    }

    /// <summary>Removes points and gives back the space that they alone used.</summary>
    /// <param name="points">Points of one machine in one backup.</param>
    /// <param name="force">Also the last good one.</param>
    /// <param name="stop">Looked at between steps; what was begun is finished by the next removal.</param>
    public RemovalResult Remove(
        IReadOnlyList<RestorePointInfo> points, bool force, CancellationToken stop = default)
    {
        var (_, backup, chain) = PlaceOf(points);
        try
        {
            return new ManualRemoval(chain, points, force).Run(stop);
        }
        finally
        {
            BackupSummaries.Refresh(backup);
        }
    }

    /// <summary>The points of each machine in each backup, as the removal takes them.</summary>
    public static IEnumerable<IReadOnlyList<RestorePointInfo>> ByChain(
        IEnumerable<RestorePointInfo> points) =>
        points.GroupBy(ChainOf).Select(chain => chain.DistinctBy(p => p.Sequence).ToList());

    internal static BackupCopyException Gone(RestorePointInfo point) => new(
        ErrorCode.PointGone,
        $"Restore point {LocalText.OfPoint(point.Sequence, point.Time)} of {point.Machine} is no longer in "
        + $"{point.Repository}.",
        "List the restore points again and choose another one.");

    private static bool IsSo(ChainPoint point, bool hold, string? text) =>
        point is { File: not null, MarkDamage: null }
        && (point.Mark is { IsHeld: true }) == hold
        && (!hold || text is null || point.Mark!.Reason == text);

    // It is shown in tables and in errors, a line each.
    private static void CheckReason(string? reason)
    {
        if (reason is not null && (reason.Length > LongestReason || reason.Any(char.IsControl)))
        {
            throw new BackupCopyException(
                ErrorCode.InvalidArgument,
                reason.Length > LongestReason
                    ? $"A reason of {reason.Length} characters is too long."
                    : "A reason cannot hold line breaks or other control characters.",
                $"Give one line of at most {LongestReason} characters.");
        }
    }

    private static string Signed(string? reason)
    {
        var who = $"{Environment.UserName}@{Environment.MachineName}";
        return string.IsNullOrWhiteSpace(reason) ? who : $"{who}: {reason.Trim()}";
    }

    private static (Guid Repository, string Backup, string Chain) ChainOf(RestorePointInfo point) =>
        (point.RepositoryId, Path.GetFileName(point.BackupFolder),
            Path.GetFileName(Path.GetDirectoryName(point.Path)) ?? "");

    internal (RepositoryDefinition Definition, BackupFolder Backup, Chain Chain) PlaceOf(
        IReadOnlyList<RestorePointInfo> points) =>
        points.Select(ChainOf).Distinct().Count() == 1
            ? PlaceOf(points[0])
            : throw new ArgumentException("The points are not those of one chain.", nameof(points));

    // Where the repository lies now: it may have moved since the point was listed.
    private (RepositoryDefinition Definition, BackupFolder Backup, Chain Chain) PlaceOf(
        RestorePointInfo point)
    {
        var definition = _engine.Repository(point.RepositoryId);
        var repository = _engine.Open(definition);
        var (_, folder, chain) = ChainOf(point);
        if (!RepositoryFolder.HasIdSuffix(folder) || !RepositoryFolder.HasIdSuffix(chain))
        {
            throw Gone(point);
        }

        var backup = new BackupFolder(repository, Path.Combine(repository.Path, folder));
        return (definition, backup, new Chain(repository, Path.Combine(backup.Path, chain)));
    }

    private ChainListing Listing(RepositoryDefinition definition, BackupFolder backup, Chain chain) => new(
        definition, backup, chain, new BackupOwners(_engine).JobOf(definition.Id, backup), _engine.NowUtc);
}
