using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Copying;
using BackupCopy.Format;
using BackupCopy.Jobs;
using BackupCopy.Running.Imaging;
using BackupCopy.Running.Keeping;

namespace BackupCopy.Running.Transferring;

/// <summary>
/// The transfer of one machine's point, as often as it takes: each attempt goes on where the last one ended,
/// with the same source point as long as there is one. Holds locks and slots only while an attempt runs.
/// </summary>
internal sealed class PointTransfer
{
    private readonly PhaseContext _context;
    private readonly Chain _chain;
    private readonly Guid _chainMachine;
    private readonly WindowWatch _window;
    private readonly SortedSet<string> _givers = new(StringComparer.Ordinal);
    private long? _newestBefore;
    private PointOrigin? _sent;
    private long _checked;

    /// <param name="chainMachine">
    /// The machine id of the target's chain: its own also where it was matched by name.
    /// </param>
    public PointTransfer(
        PhaseContext context, Chain chain, Guid chainMachine, CandidatePoint point, WindowWatch window)
    {
        _context = context;
        _chain = chain;
        _chainMachine = chainMachine;
        _window = window;
        Point = point;
        Progress = new CopyProgress(context.Engine.Time);
    }

    /// <summary>The source point that is or was copied.</summary>
    public CandidatePoint Point { get; private set; }

    public CopyProgress Progress { get; }

    /// <summary>Who gave the blocks that the source did not have any more.</summary>
    public IReadOnlyCollection<string> Givers => _givers;

    /// <summary>Called before each batch.</summary>
    public Action? Goes { get; init; }

    /// <summary>Both repositories as the catalog and the session know them now.</summary>
    public RepositoryWatch Repositories()
    {
        var source = Engine.Repository(Point.RepositoryId);
        var target = _context.Target.Repository;
        return new RepositoryWatch(
            Engine.Storage,
            new WatchedRepository(source.Name, source.Path, source.Images is null ? source.Id : null),
            new WatchedRepository(
                Engine.Repository(Job.TargetRepositoryId).Name, target.Path, target.File.Id));
    }

    /// <summary>
    /// Whether the chain had a usable point to begin with; so it had for all that is known while it is away.
    /// </summary>
    public bool HadPoint()
    {
        try
        {
            return _newestBefore is { } newest ? newest > 0
                : _chain.Newest() is not null || Repositories().Lost() is not null;
        }
        catch (BackupCopyException)
        {
            return true;
        }
    }

    private Engine Engine => _context.Engine;

    private JobDefinition Job => _context.Job;

    public async Task<PointFile> RunAsync(CancellationToken cancellation)
    {
        var sourceDefinition = Engine.Repository(Point.RepositoryId);
        var targetDefinition = Engine.Repository(Job.TargetRepositoryId);
        var stored = Point.IsImages ? null : Engine.Open(sourceDefinition);
        var repositories = Repositories();

        // Before anything is made there, and be it the file of a slot.
        repositories.EnsureThere();
        _newestBefore ??= _chain.Newest()?.Sequence ?? 0;
        if (MadeBefore() is { } made)
        {
            // Its files may lie on a storage that is no longer attached here: waiting will not bring them.
            EnsureVisible(made, repositories, ErrorCode.DamagedFile);
            return made;
        }

        using var slots = await Limits.TakeSlotsAsync(
            [
                stored is null ? SlotPlace.OfImages(Engine, sourceDefinition)
                    : SlotPlace.Of(stored, sourceDefinition),
                SlotPlace.Of(_context.Target.Repository, targetDefinition),
            ],
            Engine.Time, cancellation);
        using TransferSource source = stored is null
            ? ImagesOfMachine.Open(Engine, sourceDefinition, Point, cancellation)
            : StoredPoint.Open(
                _context, stored, Point, _chain, () => repositories.Lost() is not null, cancellation);
        Point = source.Point;
        if (source.IsWanted)
        {
            throw Wanted(ErrorCode.PointLocked);
        }

        _checked = Engine.Time.GetTimestamp();
        var request = Request(source);
        _sent = request.Origin;
        var options = Options(source, repositories, sourceDefinition, targetDefinition);
        try
        {
            return await source.CopyAsync(_chain, request, options, Progress, cancellation);
        }
        finally
        {
            _givers.UnionWith(source.Givers);
        }
    }

    /// <summary>The error of a point that is not there any more, nor any other of its machine.</summary>
    public static BackupCopyException Gone(CandidatePoint point) => new(
        ErrorCode.PointGone,
        $"Restore point {LocalText.OfPoint(point.Sequence, point.TimeUtc)} of {point.Machine} was "
        + $"removed from {point.Repository} meanwhile, and no other is left.",
        "Make a new restore point there, then run the sync again.");

    // A point whose publication ended in an error may be there after all.
    private PointFile? MadeBefore() =>
        _sent is { } sent && _chain.Newest() is { File: { } newest, Sequence: var sequence }
            && sequence > _newestBefore && newest.JobId == Job.Id && newest.Origin == sent
            ? newest : null;

    private AppendRequest Request(TransferSource source)
    {
        var target = _context.Target.Repository.File;
        var point = NewPoint.Of(
            Point.TimeUtc, _chain.Points(), Job.Retention, _context.Options.Full);
        return new AppendRequest
        {
            MachineId = _chainMachine,
            MachineName = Point.Machine,
            JobId = Job.Id,
            JobName = Job.Name,
            TimeUtc = Point.TimeUtc,
            NowUtc = Engine.NowUtc,
            BlockSizeBytes = target.BlockSizeBytes,
            Compression = Job.Compression is { } own ? Enum.Parse<Compression>(own) : target.Compression,
            Origin = source.Origin,
            Gfs = point.Gfs,
            GfsReason = point.GfsReason,
            Full = point.WantsFull.Length > 0,
            Purpose = $"copying {Point.Machine} for job {Job.Name}",
        };
    }

    private CopyOptions Options(
        TransferSource source, RepositoryWatch repositories, RepositoryDefinition from,
        RepositoryDefinition to)
    {
        var usual = new CopyOptions();
        var global = Engine.Catalog.GlobalSettings().MaxRateBytesPerSecond;
        return usual with
        {
            Workers = Math.Max(3, usual.Workers / Job.Parallel + 1),
            BatchBytes = Limits.BatchBytes(
                usual.BatchBytes, global, Job.Schedule.MaxRateBytesPerSecond, from.MaxRateBytesPerSecond,
                to.MaxRateBytesPerSecond, _window.Now().RateBytesPerSecond),
            Throttle = Limits.ShareOf(_context, global, _window, from, to),
            StopsFor = () => StopsFor(source, repositories),
            Publishing = repositories.EnsureThere,
            Published = made => EnsureVisible(made, repositories, ErrorCode.ConnectionLost),
        };
    }

    private BackupCopyException? StopsFor(TransferSource source, RepositoryWatch repositories)
    {
        Goes?.Invoke();
        if (source.IsWanted)
        {
            return Wanted(ErrorCode.PointWanted);
        }

        if (_window.Closed() is { } closed)
        {
            return closed;
        }

        if (Engine.Time.GetElapsedTime(_checked) < _context.Options.Transfer.Recheck)
        {
            return null;
        }

        var lost = repositories.Lost();
        _checked = Engine.Time.GetTimestamp();
        return lost;
    }

    // What was written through open files may lie where nobody finds it; by the path it must be there.
    private void EnsureVisible(PointFile made, RepositoryWatch repositories, ErrorCode code)
    {
        repositories.EnsureThere();
        var names = made.BlockFiles.Where(f => f.BirthSequence == made.Sequence)
            .Select(f => Names.BlockFile(f.Number)).Prepend(Names.PointFile(made.Sequence, made.TimeUtc));
        foreach (var path in names.Select(n => Path.Combine(_chain.Path, n)))
        {
            if (!Engine.Storage.FileExists(path))
            {
                throw new BackupCopyException(
                    code,
                    $"{path} was written and is not there: another storage was attached meanwhile.",
                    "Attach the right storage, then run the sync again.");
            }
        }
    }

    private BackupCopyException Wanted(ErrorCode code) => new(
        code,
        $"Restore point {LocalText.OfPoint(Point.Sequence, Point.TimeUtc)} of {Point.Machine} is about to be "
        + "removed.",
        "The copy goes on by itself with the newest restore point.");
}
