using BackupCopy.Catalog;
using BackupCopy.Jobs;
using BackupCopy.Running.Logging;
using BackupCopy.Storage;

namespace BackupCopy.Running.Service;

/// <summary>
/// Runs the enabled jobs of a catalog when they are due, in one process, until it is stopped. One service per
/// catalog: its lock lies beside the catalog and goes with its process. What a service that was killed left
/// behind the next one continues.
/// </summary>
public sealed class CopyService
{
    private const string LockName = "service";

    private readonly Engine _engine;

    internal CopyService(Engine engine)
    {
        _engine = engine;
        Duties = ServiceDuties.Of(engine);
    }

    /// <summary>What the service does beside its jobs.</summary>
    internal List<ServiceDuty> Duties { get; }

    /// <summary>
    /// Runs until it is cancelled; then the sessions are stopped, and it returns once they have ended.
    /// </summary>
    /// <exception cref="BackupCopyException">
    /// <see cref="ErrorCode.ServiceRunning"/>, naming the process that serves the catalog already.
    /// </exception>
    public async Task RunAsync(ServiceOptions options, CancellationToken cancellation)
    {
        options.Validate();
        options = Logged(options);
        CatalogLocation.CreateFolder(_engine.Storage, _engine.CatalogPath);
        using var held = Take(out var dead);
        using var notify = options.Notify ?? SystemdNotify.FromEnvironment();
        var before = dead is null ? "" : $" The one before, {dead}, did not end by itself.";
        options.Tell?.Invoke(
            SessionEventId.ServiceStarted, $"The service runs the jobs of {_engine.CatalogPath}.{before}");
        await using (var loop = new ServiceLoop(_engine, options, [.. Duties], notify))
        {
            notify?.Ready();
            await loop.RunAsync(cancellation);
            notify?.Stopping();
        }

        options.Tell?.Invoke(SessionEventId.ServiceStopped, "The service has stopped.");
    }

    /// <summary>Whether a service, of whatever process, runs on this catalog.</summary>
    internal bool IsRunning => Locks().IsHeldExclusively(LockName, out _);

    private ServiceOptions Logged(ServiceOptions options) => options with
    {
        Trouble = error =>
        {
            _engine.Log.ServiceTrouble($"{error.Message} {error.Remedy}", error.Code.ToString());
            options.Trouble?.Invoke(error);
        },
        Tell = (id, text) =>
        {
            switch (id)
            {
                case SessionEventId.ServiceStarted:
                    _engine.Log.ServiceStarted(_engine.CatalogPath);
                    break;
                case SessionEventId.ServiceStopped:
                    _engine.Log.ServiceStopped(text);
                    break;
                default:
                    _engine.Log.ServiceTrouble(text, id.ToString());
                    break;
            }

            options.Tell?.Invoke(id, text);
        },
    };

    private HeldLock Take(out LockHolder? dead)
    {
        var locks = Locks();
        dead = locks.HolderOf(LockName);
        return locks.TryExclusive(LockName, $"service of {_engine.CatalogPath}", out var holder)
            ?? throw new BackupCopyException(
                ErrorCode.ServiceRunning,
                $"A service already runs the jobs of {_engine.CatalogPath}: "
                + $"{holder?.ToString() ?? "another process"}.",
                "One service runs all jobs of a catalog: stop that one first, or use another catalog.");
    }

    private FolderLocks Locks() => new(_engine.Storage, Path.GetDirectoryName(_engine.CatalogPath)!);
}
