using BackupCopy.Inventory;
using BackupCopy.Jobs;
using BackupCopy.Sources.Folders;
using BackupCopy.Sources.Writers;

namespace BackupCopy.Running.Imaging;

/// <summary>
/// A folder of images as one of the repositories of the catalog: read only, looked at anew by each instance.
/// </summary>
internal sealed class ImageRepository
{
    private readonly Engine _engine;
    private readonly ImageFolderSettings _settings;
    private readonly Lazy<ImageScan> _scan;

    private ImageRepository(Engine engine, RepositoryDefinition definition, ImageFolderSettings settings)
    {
        _engine = engine;
        _settings = settings;
        Definition = definition;
        _scan = new Lazy<ImageScan>(() => FolderOf(engine, definition.Path, settings).Scan());
    }

    public RepositoryDefinition Definition { get; }

    /// <summary>By machine, and those of a machine by sequence.</summary>
    public IReadOnlyList<ImagePoint> Points => _scan.Value.Points;

    /// <summary>What of the folder could not be used.</summary>
    public IReadOnlyList<BackupCopyException> Problems => _scan.Value.Problems;

    /// <summary>
    /// Null for a repository of restore points; a folder that is not there is
    /// <see cref="ErrorCode.RepositoryUnavailable"/>.
    /// </summary>
    public static ImageRepository? Open(Engine engine, RepositoryDefinition definition)
    {
        if (definition.Images is not { } settings)
        {
            return null;
        }

        return engine.Storage.DirectoryExists(definition.Path)
            ? new ImageRepository(engine, definition, settings)
            : throw new BackupCopyException(
                ErrorCode.RepositoryUnavailable,
                $"The repository {definition.Name} is away: {definition.Path} is not there.",
                "Attach or mount it again.");
    }

    /// <summary>The folder as these settings read it; a pattern that is wrong is an error.</summary>
    public static ImageFolder FolderOf(Engine engine, string path, ImageFolderSettings settings) =>
        new(path, settings.Patterns, settings.Raw, engine.Time);

    public static Guid MachineIdOf(ImagePoint point) => Identity.OfMachine(point.Machine);

    /// <summary>The name of the job that made it, as far as the names tell; else the repository's.</summary>
    public string JobNameOf(ImagePoint point) => point.Job ?? Definition.Name;

    /// <summary>Whether its files are still being written, or cannot be said not to be.</summary>
    public ImageState Look(ImagePoint point) =>
        _engine.SettleWatchOf(_settings.SettleTime).Look(point);

    /// <summary>
    /// The newest points of each machine: the newest that is not being written, and one that is and is newer.
    /// </summary>
    /// <param name="isSelected">Asked with machine and job.</param>
    public IEnumerable<CandidatePoint> Newest(int order, Func<ImagePoint, bool> isSelected)
    {
        foreach (var machine in Points.GroupBy(p => (MachineIdOf(p), JobNameOf(p))))
        {
            if (!isSelected(machine.First()))
            {
                continue;
            }

            CandidatePoint? locked = null;
            foreach (var point in machine.Reverse())
            {
                var state = Look(point);
                if (!state.IsLocked)
                {
                    yield return Candidate(point, order);
                    break;
                }

                locked ??= Candidate(point, order) with
                {
                    IsLocked = true,
                    Writer = state.Writer.Length > 0
                        ? state.Writer : "another program, or was a moment ago",
                };
            }

            if (locked is not null)
            {
                yield return locked;
            }
        }
    }

    /// <summary>All points of the machine of this one up to it.</summary>
    public IEnumerable<CandidatePoint> UpTo(CandidatePoint newest) => Points
        .Where(p => IsOf(p, newest) && p.Sequence <= newest.Sequence)
        .Select(p => Candidate(p, newest.SourceOrder));

    /// <summary>
    /// The point that was chosen; the newest one where it has gone, null when none is left.
    /// </summary>
    public ImagePoint? Find(CandidatePoint chosen)
    {
        var points = Points.Where(p => IsOf(p, chosen)).ToList();
        return points.Find(p => p.Sequence == chosen.Sequence) ?? points.LastOrDefault();
    }

    public CandidatePoint Candidate(ImagePoint point, int order) => new()
    {
        SourceOrder = order,
        RepositoryId = Definition.Id,
        Repository = Definition.Name,
        BackupFolder = JobNameOf(point),
        JobId = Identity.OfBackup(JobNameOf(point)),
        JobName = JobNameOf(point),
        MachineId = MachineIdOf(point),
        Machine = point.Machine,
        Sequence = point.Sequence,
        TimeUtc = point.TimeUtc,
        ReadyUtc = point.WrittenUtc,
        IsLocked = false,
        ChainPath = $"{Definition.Id:N}/{JobNameOf(point)}/{point.Machine}",
        IsImages = true,
    };

    private bool IsOf(ImagePoint point, CandidatePoint machine) =>
        MachineIdOf(point) == machine.MachineId
        && string.Equals(JobNameOf(point), machine.JobName, StringComparison.OrdinalIgnoreCase);
}
