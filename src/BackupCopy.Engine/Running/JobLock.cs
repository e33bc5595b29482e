using BackupCopy.Jobs;
using BackupCopy.Storage;

namespace BackupCopy.Running;

/// <summary>
/// The lock of a running job, beside the catalog: held for as long as its session runs and gone with its
/// process. It alone says whether a session lives; what the record names its runner is for people.
/// </summary>
internal static class JobLock
{
    /// <param name="purpose">For those who find it taken; null says that the job runs.</param>
    public static IDisposable Take(Engine engine, Guid jobId, string jobName, string? purpose = null) =>
        Locks(engine).TryExclusive(Name(jobId), purpose ?? $"running job {jobName}", out var holder)
        ?? throw Running(jobName, holder);

    /// <summary>Takes it for work outside a session; nothing is taken without a job.</summary>
    public static IDisposable? TakeOutsideSession(
        Engine engine, JobDefinition? job, string purpose)
    {
        if (job is null)
        {
            return null;
        }

        // A session whose process died must not seem to live while this holds its job's lock.
        engine.Sessions.CloseDead(job.Id);
        return Take(engine, job.Id, job.Name, $"{purpose} of job {job.Name}");
    }

    /// <summary>Throws what <see cref="Take"/> would, as far as a look can tell.</summary>
    public static void ThrowIfHeld(Engine engine, Guid jobId, string jobName)
    {
        LockHolder? holder;
        try
        {
            if (!Locks(engine).IsHeldExclusively(Name(jobId), out holder))
            {
                return;
            }
        }
        catch (BackupCopyException)
        {
            // Who may not look at the lock may plan all the same.
            return;
        }

        throw Running(jobName, holder);
    }

    public static bool IsHeld(Engine engine, Guid jobId)
    {
        try
        {
            return Locks(engine).IsHeldExclusively(Name(jobId), out _);
        }
        catch (BackupCopyException)
        {
            // Who may not look at the lock cannot say that it is free.
            return true;
        }
    }

    private static BackupCopyException Running(string jobName, LockHolder? holder) => new(
        ErrorCode.JobRunning,
        $"The job {jobName} already runs: {holder?.ToString() ?? "another process"}.",
        "Wait for it, or stop it where it runs; Get-BackupCopySession -Running shows it.");

    private static FolderLocks Locks(Engine engine) =>
        new(engine.Storage, Path.GetDirectoryName(engine.CatalogPath)!);

    private static string Name(Guid jobId) => $"job-{jobId:N}";
}
