using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace BackupCopy.Running.Logging;

/// <summary>
/// Where everything that an engine logs goes: to the log files or the logger that its maker gave, and to
/// whoever listens.
/// </summary>
internal sealed class EngineLog : ILogger
{
    /// <summary>The category of all entries.</summary>
    public const string Category = "BackupCopy";

    /// <summary>The environment variable that says from which level on the files get entries.</summary>
    public const string LevelVariable = "BACKUPCOPY_LOGLEVEL";

    private readonly ILogger _kept;
    private ImmutableArray<Listener> _listeners = [];

    public EngineLog(ILogger kept) => _kept = kept;

    /// <summary>Calls back for each entry until disposed, on whatever thread logs; must not wait.</summary>
    /// <param name="details">Whether entries below Information are heard.</param>
    public IDisposable Listen(Action<LogLine> heard, bool details)
    {
        var listener = new Listener(this, heard, details ? LogLevel.Trace : LogLevel.Information);
        ImmutableInterlocked.Update(ref _listeners, all => all.Add(listener));
        return listener;
    }

    public bool IsEnabled(LogLevel logLevel) =>
        _kept.IsEnabled(logLevel) || _listeners.Any(l => logLevel >= l.Lowest);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => _kept.BeginScope(state);

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (_kept.IsEnabled(logLevel))
        {
            _kept.Log(logLevel, eventId, state, exception, formatter);
        }

        foreach (var listener in _listeners.Where(l => logLevel >= l.Lowest))
        {
            listener.Heard(new LogLine(
                eventId.Id, formatter(state, exception), logLevel < LogLevel.Information));
        }
    }

    private sealed class Listener(EngineLog log, Action<LogLine> heard, LogLevel lowest) : IDisposable
    {
        public Action<LogLine> Heard { get; } = heard;

        public LogLevel Lowest { get; } = lowest;

        public void Dispose() => ImmutableInterlocked.Update(ref log._listeners, all => all.Remove(this));
    }
}

/// <summary>One entry of the log for a person at the prompt.</summary>
/// <param name="Id">The number of the event, see docs/EVENTS.md.</param>
/// <param name="IsDetail">Whether it is below Information.</param>
public sealed record LogLine(int Id, string Text, bool IsDetail);
