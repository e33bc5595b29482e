using BackupCopy.Chains;
using BackupCopy.Copying;
using BackupCopy.Format;
using BackupCopy.Jobs;

namespace BackupCopy.Running.Transferring;

/// <summary>A restore point of a repository as the source of a transfer; locked while it is open.</summary>
internal sealed class StoredPoint : TransferSource
{
    private readonly PointReader _reader;
    private readonly OtherHolders _others;

    private StoredPoint(CandidatePoint point, PointReader reader, OtherHolders others)
    {
        Point = point;
        _reader = reader;
        _others = others;
    }

    public override CandidatePoint Point { get; }

    public override PointOrigin Origin => new(
        Point.RepositoryId, _reader.Point.JobId, _reader.Point.Sequence, _reader.Point.PointId);

    public override bool IsWanted => _reader.IsWanted;

    public override IReadOnlyCollection<string> Givers => _others.Givers;

    /// <param name="isCutOff">Whether a repository is away.</param>
    public static StoredPoint Open(
        PhaseContext context, RepositoryFolder repository, CandidatePoint point, Chain target,
        Func<bool> isCutOff, CancellationToken cancellation)
    {
        var chain = new Chain(repository, point.ChainPath);
        var found = Find(chain, point);
        var reader = chain.OpenPoint(found, $"copying {point.Machine} for job {context.Job.Name}");
        if (found.Sequence != point.Sequence && found.File is { } newer)
        {
            point = point with { Sequence = newer.Sequence, TimeUtc = newer.TimeUtc };
        }

        return new StoredPoint(
            point, reader, new OtherHolders(context, point, target, isCutOff, cancellation));
    }

    public override Task<PointFile> CopyAsync(
        Chain target, AppendRequest request, CopyOptions options, CopyProgress progress,
        CancellationToken cancellation) => PointCopy.FromPointAsync(
            _reader, target, request with { MachineName = _reader.Point.MachineName },
            options with
            {
                OtherHolder = (disk, block, digest, plain) => _others.TryGive(
                    disk, block, digest, _reader.Point.BlockSizeBytes, plain.Span),
            },
            progress, cancellation);

    public override void Dispose()
    {
        _others.Dispose();
        _reader.Dispose();
        base.Dispose();
    }

    // The point that was chosen may have gone while it was waited for; then the newest one is as good.
    private static ChainPoint Find(Chain chain, CandidatePoint point)
    {
        var points = chain.Points();
        return points.FirstOrDefault(p => p.Sequence == point.Sequence)
            ?? points.LastOrDefault(p => p.IsUsable)
            ?? throw PointTransfer.Gone(point);
    }
}
