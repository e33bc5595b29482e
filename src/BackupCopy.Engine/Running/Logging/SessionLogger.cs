using System.Collections;
using BackupCopy.Jobs;
using Microsoft.Extensions.Logging;

namespace BackupCopy.Running.Logging;

/// <summary>
/// Adds to every entry whose it is: job, session, phase and machine as fields, job and machine at the head of
/// the message. As fields they reach every logger, also one that knows no scopes.
/// </summary>
internal sealed class SessionLogger : ILogger
{
    private readonly ILogger _log;
    private readonly KeyValuePair<string, object?>[] _whose;
    private readonly string _head;

    /// <param name="phase">Null where the entry itself names it.</param>
    public SessionLogger(ILogger log, SessionRecord session, SyncPhase? phase = null, string? machine = null)
        : this(log, session.JobId, session.JobName, session.Id, phase, machine)
    {
    }

    /// <summary>For what is about a job and belongs to none of its sessions.</summary>
    public SessionLogger(ILogger log, JobDefinition job, string? machine = null)
        : this(log, job.Id, job.Name, null, null, machine)
    {
    }

    private SessionLogger(
        ILogger log, Guid jobId, string job, Guid? session, SyncPhase? phase, string? machine)
    {
        _log = log;
        _head = machine is null ? $"{job}: " : $"{job}: {machine}: ";
        _whose =
        [
            new("JobId", jobId),
            new("JobName", job),
            new("SessionId", session),
            new("Phase", phase),
            new("Machine", machine),
        ];
    }

    public bool IsEnabled(LogLevel logLevel) => _log.IsEnabled(logLevel);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => _log.BeginScope(state);

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (_log.IsEnabled(logLevel))
        {
            var entry = new Entry(_whose, state);
            _log.Log(
                logLevel, eventId, entry, exception,
                (all, error) => _head + formatter((TState)all.Own!, error));
        }
    }

    private sealed class Entry(KeyValuePair<string, object?>[] whose, object? own)
        : IReadOnlyList<KeyValuePair<string, object?>>
    {
        private readonly KeyValuePair<string, object?>[] _fields =
        [
            .. whose.Where(field => field.Value is not null),
            .. own as IEnumerable<KeyValuePair<string, object?>> ?? [],
        ];

        public object? Own => own;

        public int Count => _fields.Length;

        public KeyValuePair<string, object?> this[int index] => _fields[index];

        public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() =>
            _fields.AsEnumerable().GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
