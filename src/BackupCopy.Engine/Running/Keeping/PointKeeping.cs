using BackupCopy.Chains;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Retention;

namespace BackupCopy.Running.Keeping;

/// <summary>
/// What the job that keeps a chain says of each of its points. Decides once for the whole chain, when the
/// first point is asked for: whether one stays depends on the others.
/// </summary>
internal sealed class PointKeeping
{
    private const string NoJob = "No job of this catalog keeps it.";

    private readonly Lazy<Func<long, RetentionDecision?>> _decision;
    private string _otherwise = "";

    /// <param name="points">All points of the chain.</param>
    /// <param name="job">Null when no job of the catalog keeps the backup.</param>
    public PointKeeping(IReadOnlyList<ChainPoint> points, JobDefinition? job, DateTime nowUtc) =>
        _decision = new(() => Decide(points, job, nowUtc));

    /// <summary>Adds to a finished point why it stays or goes, and when.</summary>
    public RestorePointInfo Tell(RestorePointInfo point)
    {
        if (point.State is RestorePointState.Locked or RestorePointState.Incomplete)
        {
            return point;
        }

        return _decision.Value(point.Sequence) is { } decision
            ? point with
            {
                Why = decision.Why,
                GoesNow = !decision.Keep,
                ExpectedRemoval = decision.ExpectedChangeUtc?.ToLocalTime(),
            }
            : point with { Why = _otherwise };
    }

    private Func<long, RetentionDecision?> Decide(
        IReadOnlyList<ChainPoint> points, JobDefinition? job, DateTime nowUtc)
    {
        if (job is null)
        {
            _otherwise = NoJob;
            return _ => null;
        }

        try
        {
            return ChainRetention.Decide(points, job.Retention.Policy(), nowUtc)
                .DistinctBy(d => d.Point.Sequence).ToDictionary(d => d.Point.Sequence).GetValueOrDefault;
        }
        catch (BackupCopyException error)
        {
            // A policy that this machine cannot read, such as one in a time zone unknown here, keeps no point
            // from being listed.
            _otherwise = $"The job {job.Name} cannot say: {error.Message}";
            return _ => null;
        }
    }
}
