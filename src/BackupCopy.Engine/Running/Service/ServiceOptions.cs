using BackupCopy.Jobs;
using BackupCopy.Reporting;

namespace BackupCopy.Running.Service;

/// <summary>How a service is run.</summary>
public sealed record ServiceOptions
{
    /// <summary>Job names, with wildcards; empty for all of the catalog.</summary>
    public IReadOnlyList<string> Jobs { get; init; } = [];

    /// <summary>
    /// How often to look whether the catalog changed, and the sources of immediate jobs at most.
    /// </summary>
    /// <value>10 seconds, at least 1.</value>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Given each session that ended; the service goes on once it returns.</summary>
    public Func<SessionInfo, Task>? Ended { get; init; }

    /// <summary>
    /// Told of what keeps the service, a job or a duty from its work: once, until it is over or another.
    /// </summary>
    public Action<BackupCopyException>? Trouble { get; init; }

    /// <summary>Told what is worth a line: the service's start and end, a clock that jumped.</summary>
    public Action<SessionEventId, string>? Tell { get; init; }

    /// <summary>Changes how sessions are run; tests stand still in their phases.</summary>
    internal Func<SyncOptions, SyncOptions> Session { get; init; } = options => options;

    /// <summary>Called when nothing is left to do until then, with how many tasks are at work.</summary>
    internal Action<DateTime, int>? Sleeping { get; init; }

    /// <summary>Where the host's service manager listens; null asks the environment.</summary>
    internal SystemdNotify? Notify { get; init; }

    internal void Validate()
    {
        if (Poll < TimeSpan.FromSeconds(1))
        {
            throw new BackupCopyException(
                ErrorCode.InvalidArgument, $"A service cannot look every {Poll}.",
                "Choose 1 second or more.");
        }
    }
}

/// <summary>
/// Something a service does again and again beside its jobs. An error is told and ends nothing.
/// </summary>
/// <param name="Name">For messages: what it does, as "sending queued mail".</param>
/// <param name="Every">From the end of one run to the next; the first comes at once.</param>
internal sealed record ServiceDuty(string Name, TimeSpan Every, Func<Engine, CancellationToken, Task> Run);
