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
        foreach (var source in job.SourceRepositoryIds.Select(engine.Catalog.FindRepository).ToList())
        {
            // An image may have any name.
            var ending = source?.Images is null ? Format.Names.Point : "";
            if (source is not null && engine.Storage.Watch(source.Path, ending, wake) is { } watch)
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
