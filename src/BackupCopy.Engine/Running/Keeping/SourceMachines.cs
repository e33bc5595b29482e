using BackupCopy.Chains;
using BackupCopy.Jobs;
using BackupCopy.Running.Imaging;

namespace BackupCopy.Running.Keeping;

/// <summary>
/// Every machine that has a point, finished or not, in one of a job's source repositories, whatever the job
/// selects: who is on this list was not deleted.
/// </summary>
internal sealed class SourceMachines
{
    private readonly List<(Guid Id, string Name)> _machines = [];

    private SourceMachines()
    {
    }

    public IReadOnlyList<(Guid Id, string Name)> Machines => _machines;

    /// <summary>
    /// Why a machine that is not listed may be there all the same; null when nothing could not be read.
    /// </summary>
    public string? Doubt { get; private set; }

    public static SourceMachines Find(Engine engine, JobDefinition job)
    {
        var found = new SourceMachines();
        foreach (var id in job.SourceRepositoryIds)
        {
            found.Try(() =>
            {
                var definition = engine.Repository(id);
                if (ImageRepository.Open(engine, definition) is { } images)
                {
                    found.Look(images);
                    return;
                }

                foreach (var backup in engine.Open(definition).Backups())
                {
                    found.Try(() => found.Look(backup));
                }
            });
        }

        found.Doubt ??= found._machines.Count == 0 ? "The sources hold no machine at all." : null;
        return found;
    }

    private void Look(ImageRepository images)
    {
        _machines.AddRange(images.Points.Select(p => (ImageRepository.MachineIdOf(p), p.Machine)).Distinct());

        // Where a share or a drive is not mounted an empty folder is found in its place, and nothing in it
        // tells that it is another one.
        Doubt ??= images.Problems is [var problem, ..] ? problem.Message
            : images.Points.Count == 0 ? $"{images.Definition.Path} holds no image at all." : null;
    }

    private void Look(BackupFolder backup)
    {
        foreach (var chain in backup.Chains())
        {
            Try(() => Look(chain));
        }
    }

    private void Look(Chain chain)
    {
        if (chain.Newest()?.File is { } newest)
        {
            _machines.Add((newest.MachineId, newest.MachineName));
            return;
        }

        var points = chain.Points();
        var unfinished = chain.Unfinished();
        if ((points.LastOrDefault(p => p.File is not null)?.File ?? unfinished?.File) is { } file)
        {
            _machines.Add((file.MachineId, file.MachineName));
        }
        else if (points.Count > 0 || unfinished is not null)
        {
            Doubt ??= points is [{ Damage: { } damage }, ..]
                ? damage.Message : $"{chain.Path} is not readable.";
        }
    }

    private void Try(Action look)
    {
        try
        {
            look();
        }
        catch (BackupCopyException error)
        {
            Doubt ??= error.Message;
        }
    }
}
