using System.Collections.Concurrent;
using BackupCopy.Running;
using BackupCopy.Running.Logging;

namespace BackupCopy.PowerShell;

/// <summary>
/// Shows what the engine logs while a cmdlet works: details on the debug stream, everything else on the
/// verbose stream. Warnings and errors too, since the cmdlet itself writes them as such.
/// </summary>
/// <remarks>
/// Entries come from the engine's threads and never make them wait: those that the pipeline has not taken yet
/// are waited for on disposal, inside the cmdlet's task. While too many wait, as where the terminal stands
/// still, the next ones are in the log files only.
/// </remarks>
internal sealed class StreamLogger : IAsyncDisposable
{
    private const int MostWaiting = 1000;

    private readonly ConcurrentQueue<Task> _posted = new();
    private readonly Func<LogLine, ValueTask> _post;
    private readonly IDisposable _listening;

    /// <param name="details">Whether the debug stream is shown.</param>
    /// <param name="post">Takes an entry to the pipeline's thread.</param>
    public StreamLogger(Engine engine, bool details, Func<LogLine, ValueTask> post)
    {
        _post = post;
        _listening = engine.Listen(Hear, details);
    }

    public async ValueTask DisposeAsync()
    {
        _listening.Dispose();
        await Task.WhenAll(_posted);
    }

    // What has arrived already needs no remembering, or a service would remember every line of its life.
    private void Hear(LogLine line)
    {
        while (_posted.TryPeek(out var first) && first.IsCompleted && _posted.TryDequeue(out _))
        {
        }

        if (_posted.Count < MostWaiting)
        {
            _posted.Enqueue(_post(line).AsTask());
        }
    }
}
