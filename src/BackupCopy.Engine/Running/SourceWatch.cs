using BackupCopy.Jobs;

namespace BackupCopy.Running;

/// <summary>
/// Wakes whoever waits for new restore points in a job's sources. Where a source cannot be watched, such as a
/// share, it has to be looked at again and again.
/// </summary>
internal sealed class SourceWatch : IDisposable
{
    private readonly List<IDisposable> _watches = [];

    private readonly IReadOnlyList<Guid> _sources;

    /// <param name="wake">Called from any thread, at once; must be quick.</param>
    public SourceWatch(Engine engine, JobDefinition job, Action wake)
    {
        IsComplete = true;
        _sources = job.SourceRepositoryIds;
        foreach (var path in job.SourceRepositoryIds.Select(id => engine.Catalog.FindRepository(id)?.Path)
            .ToList())
        {
            if (path is not null && engine.Storage.Watch(path, Format.Names.Point, wake) is { } watch)
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

    /// <summary>Whether these are the job's sources still.</summary>
    public bool IsOf(JobDefinition job) => _sources.SequenceEqual(job.SourceRepositoryIds);

    public void Dispose() => _watches.ForEach(w => w.Dispose());
}
