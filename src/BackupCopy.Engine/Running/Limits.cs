using System.Collections.Concurrent;
using BackupCopy.Chains;
using BackupCopy.Copying;
using BackupCopy.Jobs;
using BackupCopy.Storage;

namespace BackupCopy.Running;

/// <summary>
/// What a repository allows: rate and number of tasks, and the error when its storage is full.
/// </summary>
internal static class Limits
{
    private static readonly ConcurrentDictionary<(Guid, long), Throttle> s_throttles = [];
    private static readonly TimeSpan s_slotPoll = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The throttle of a repository, one for all tasks of this process; none without a limit.
    /// </summary>
    public static IReadOnlyList<Throttle> Of(RepositoryDefinition repository, TimeProvider time) =>
        repository.MaxRateBytesPerSecond == 0 ? [] :
        [
            s_throttles.GetOrAdd(
                (repository.Id, repository.MaxRateBytesPerSecond),
                key => new Throttle(key.Item2, time)),
        ];

    /// <summary>
    /// Waits for one of the repository's task slots, which all processes share; null where none can be taken
    /// because the repository is read-only.
    /// </summary>
    public static async Task<IDisposable?> TakeSlotAsync(
        RepositoryFolder repository, RepositoryDefinition definition, TimeProvider time,
        CancellationToken cancellation)
    {
        if (repository.IsReadOnly)
        {
            return null;
        }

        var locks = new FolderLocks(repository.Storage, repository.Path);
        while (true)
        {
            for (var i = 1; i <= definition.MaxTasks; i++)
            {
                if (TryTakeSlot(locks, i, out var slot))
                {
                    return slot;
                }
            }

            await Task.Delay(s_slotPoll, time, cancellation);
        }
    }

    // A full disk cannot hold a lock file; being read from is then worth more than the limit.
    private static bool TryTakeSlot(FolderLocks locks, int number, out IDisposable? slot)
    {
        try
        {
            slot = locks.TryExclusive($"task-{number}", "machine task", out _);
            return slot is not null;
        }
        catch (BackupCopyException error) when (error.Code == ErrorCode.TargetFull)
        {
            slot = null;
            return true;
        }
    }

    /// <summary>
    /// A slot of each repository, taken in the order of their ids so that two jobs never wait for each other.
    /// </summary>
    public static async Task<IDisposable> TakeSlotsAsync(
        IEnumerable<(RepositoryFolder Folder, RepositoryDefinition Definition)> repositories,
        TimeProvider time, CancellationToken cancellation)
    {
        var slots = new Slots();
        try
        {
            foreach (var (folder, definition) in repositories.OrderBy(r => r.Definition.Id))
            {
                slots.Add(await TakeSlotAsync(folder, definition, time, cancellation));
            }

            return slots;
        }
        catch
        {
            slots.Dispose();
            throw;
        }
    }

    /// <summary>The storage ran full: says how much more it would have taken.</summary>
    public static BackupCopyException Full(
        BackupCopyException error, RepositoryDefinition target, CopyProgress copy)
    {
        var left = Math.Max(0, copy.TotalBytes - copy.DoneBytes);
        return new BackupCopyException(
            ErrorCode.TargetFull,
            $"The storage of the repository {target.Name} is full: at most {left} bytes more are needed.",
            error.Remedy, error);
    }

    private sealed class Slots : List<IDisposable?>, IDisposable
    {
        public void Dispose() => ForEach(s => s?.Dispose());
    }
}

/// <summary>Keeps backup.json fresh from several machine tasks at once.</summary>
internal static class BackupSummaries
{
    private static readonly Lock s_gate = new();

    /// <summary>A failure changes nothing that matters: the summary is a cache.</summary>
    public static void Refresh(BackupFolder backup)
    {
        lock (s_gate)
        {
            try
            {
                BackupSummary.Refresh(backup);
            }
            catch (BackupCopyException)
            {
                // Listing reads the point files instead.
            }
        }
    }
}
