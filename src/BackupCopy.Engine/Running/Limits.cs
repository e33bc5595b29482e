using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using BackupCopy.Chains;
using BackupCopy.Copying;
using BackupCopy.Jobs;
using BackupCopy.Running.Transferring;
using BackupCopy.Storage;

namespace BackupCopy.Running;

/// <summary>
/// What settings allow: the rates that tasks share, the number of tasks of a repository, and the error when
/// its storage is full.
/// </summary>
internal static class Limits
{
    private const int SmallestBatchBytes = 64 << 10;

    // Of each clock, that is of the process; those of a window go with it.
    private static readonly ConditionalWeakTable<
        TimeProvider, ConcurrentDictionary<(Scope, Guid, long), Throttle>> s_throttles = [];

    private static readonly ConditionalWeakTable<CopyWindow, Throttle> s_windows = [];
    private static readonly TimeSpan s_slotPoll = TimeSpan.FromSeconds(1);

    /// <summary>Whose rate it is: all tasks of this process with the same one share it.</summary>
    private enum Scope
    {
        Global,
        Job,
        Repository,
    }

    /// <summary>A share of the repository's rate, for what belongs to no job.</summary>
    public static ThrottleShare ShareOf(RepositoryDefinition repository, TimeProvider time) =>
        new(Of(Scope.Repository, repository.Id, repository.MaxRateBytesPerSecond, time));

    /// <summary>
    /// A share of what counts for a job's work in one repository, whatever its window says.
    /// </summary>
    public static ThrottleShare ShareOf(PhaseContext context, RepositoryDefinition repository)
    {
        var time = context.Engine.Time;
        var global = context.Engine.Catalog.GlobalSettings().MaxRateBytesPerSecond;
        return new(
        [
            .. Of(Scope.Global, default, global, time),
            .. Of(Scope.Job, context.Job.Id, context.Job.Schedule.MaxRateBytesPerSecond, time),
            .. Of(Scope.Repository, repository.Id, repository.MaxRateBytesPerSecond, time),
        ]);
    }

    /// <summary>One machine task's share of all rates that count for it.</summary>
    public static ThrottleShare ShareOf(
        PhaseContext context, long globalRate, WindowWatch window, RepositoryDefinition source,
        RepositoryDefinition target)
    {
        var time = context.Engine.Time;
        var job = context.Job;
        return new(
        [
            .. Of(Scope.Global, default, globalRate, time),
            .. Of(Scope.Job, job.Id, job.Schedule.MaxRateBytesPerSecond, time),
            .. Of(Scope.Repository, source.Id, source.MaxRateBytesPerSecond, time),
            .. Of(Scope.Repository, target.Id, target.MaxRateBytesPerSecond, time),
            s_windows.GetValue(
                context.Window, _ => new Throttle(() => window.Now().RateBytesPerSecond, time)),
        ]);
    }

    /// <summary>A command's share of the repository's rate, and a rate of its own; 0 for none.</summary>
    public static ThrottleShare ShareOf(
        RepositoryDefinition repository, long ownRate, TimeProvider time) => new(
        [
            .. ownRate > 0 ? [new Throttle(ownRate, time)] : Array.Empty<Throttle>(),
            .. Of(Scope.Repository, repository.Id, repository.MaxRateBytesPerSecond, time),
        ]);

    /// <summary>
    /// The plain bytes of a batch, so that at the lowest of these rates it lasts no longer than a moment: the
    /// rate then holds over seconds, and a copy that has to stop does so soon.
    /// </summary>
    public static int BatchBytes(int usual, params IEnumerable<long> rates)
    {
        var lowest = rates.Where(r => r > 0).DefaultIfEmpty(long.MaxValue).Min();
        return (int)Math.Clamp(lowest / 4, SmallestBatchBytes, usual);
    }

    private static IEnumerable<Throttle> Of(Scope scope, Guid id, long rate, TimeProvider time) =>
        rate == 0 ? [] : [s_throttles.GetOrCreateValue(time).GetOrAdd(
            (scope, id, rate), key => new Throttle(key.Item3, time))];

    /// <summary>
    /// Waits for one of the repository's task slots, which all processes share; null where none can be taken
    /// because the repository is read-only.
    /// </summary>
    public static Task<IDisposable?> TakeSlotAsync(
        RepositoryFolder repository, RepositoryDefinition definition, TimeProvider time,
        CancellationToken cancellation) =>
        TakeSlotAsync(SlotPlace.Of(repository, definition), time, cancellation);

    private static async Task<IDisposable?> TakeSlotAsync(
        SlotPlace place, TimeProvider time, CancellationToken cancellation)
    {
        while (place.Locks is { } locks)
        {
            for (var i = 1; i <= place.Definition.MaxTasks; i++)
            {
                if (TryTakeSlot(locks, place.Name + i, out var slot))
                {
                    return slot;
                }
            }

            await Task.Delay(s_slotPoll, time, cancellation);
        }

        return null;
    }

    // A full disk cannot hold a lock file; being read from is then worth more than the limit.
    private static bool TryTakeSlot(FolderLocks locks, string name, out IDisposable? slot)
    {
        try
        {
            slot = locks.TryExclusive(name, "machine task", out _);
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
        IEnumerable<SlotPlace> places, TimeProvider time, CancellationToken cancellation)
    {
        var slots = new Slots();
        try
        {
            foreach (var place in places.OrderBy(p => p.Definition.Id))
            {
                slots.Add(await TakeSlotAsync(place, time, cancellation));
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

/// <summary>Where the task slots of a repository are taken.</summary>
/// <param name="Locks">Null where none can be.</param>
/// <param name="Name">What the locks' names begin with.</param>
internal sealed record SlotPlace(RepositoryDefinition Definition, FolderLocks? Locks, string Name)
{
    public static SlotPlace Of(RepositoryFolder repository, RepositoryDefinition definition) => new(
        definition,
        repository.IsReadOnly ? null : new FolderLocks(repository.Storage, repository.Path), "task-");

    /// <summary>Nothing is written into a folder of images: its slots lie beside the catalog.</summary>
    public static SlotPlace OfImages(Engine engine, RepositoryDefinition definition) => new(
        definition, new FolderLocks(engine.Storage, Path.GetDirectoryName(engine.CatalogPath)!),
        $"images-{definition.Id:N}-task-");
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
