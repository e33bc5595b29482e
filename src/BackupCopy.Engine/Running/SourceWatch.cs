using BackupCopy.Jobs;

namespace BackupCopy.Running;

/// <summary>
/// Wakes whoever waits for new restore points in a job's sources. Where a source cannot be watched, such as a
/// share, it has to be looked at again and again.
/// </summary>
internal sealed class SourceWatch : IDisposable
{
    private readonly List<IDisposable> _watches = [];

    public SourceWatch(Engine engine, JobDefinition job, Signal wake)
    {
        IsComplete = true;
        foreach (var id in job.SourceRepositoryIds)
        {
            var path = engine.Catalog.FindRepository(id)?.Path;
            if (path is not null && engine.Storage.Watch(path, Format.Names.Point, wake.Set) is { } watch)
            {
                _watches.Add(watch);
            }
            else
            {
                IsComplete = false;
            }
        }
    }

    /// <summary>Whether every source is watched.</summary>
    public bool IsComplete { get; }

    public void Dispose() => _watches.ForEach(w => w.Dispose());
}
