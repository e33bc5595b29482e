using System.Diagnostics;
using System.Management.Automation;
using System.Runtime.ExceptionServices;
using System.Threading.Channels;

namespace BackupCopy.PowerShell;

/// <summary>
/// Runs one task beside the pipeline's thread and, on that thread, what the task posts: a bounded queue for
/// what must arrive, and the newest state only for progress, shown at most five times a second.
/// </summary>
/// <remarks>
/// <see cref="Run"/> returns when the task has ended, never before. If writing throws (the pipeline was
/// stopped, a later cmdlet failed, -ErrorAction Stop), the task is cancelled, what it still posts is dropped
/// and its questions are cancelled; the first exception wins.
/// </remarks>
internal sealed class PipelinePump
{
    private const int QueueLimit = 64;
    private static readonly TimeSpan s_progressInterval = TimeSpan.FromMilliseconds(200);

    private readonly Channel<Request> _requests = Channel.CreateBounded<Request>(
        new BoundedChannelOptions(QueueLimit) { SingleReader = true });
    private readonly Dictionary<int, ProgressRecord> _changed = [];
    private readonly Dictionary<int, ProgressRecord> _shown = [];
    private readonly Action<ProgressRecord> _writeProgress;
    private readonly CancellationTokenSource _stopping;
    private ExceptionDispatchInfo? _broken;
    private long _lastShown;

    public PipelinePump(Action<ProgressRecord> writeProgress, CancellationTokenSource stopping)
    {
        _writeProgress = writeProgress;
        _stopping = stopping;
    }

    private readonly record struct Request(Action Run, Action? Abandon);

    /// <summary>Runs the work to its end; to be called on the pipeline's thread.</summary>
    public void Run(Func<CancellationToken, Task> work)
    {
        var task = Task.Run(async () =>
        {
            try
            {
                await work(_stopping.Token);
            }
            finally
            {
                _requests.Writer.Complete();
            }
        });
        while (WaitForRequest())
        {
            while (_requests.Reader.TryRead(out var request))
            {
                Execute(request);
            }

            ShowChanges();
        }

        EndProgress();
        Task.WaitAny(task);
        _broken?.Throw();
        task.GetAwaiter().GetResult();
    }

    /// <summary>Queues a write; waits while the queue is full.</summary>
    public ValueTask PostAsync(Action write) => _requests.Writer.WriteAsync(new Request(write, null));

    /// <summary>Queues a question and waits for the answer.</summary>
    public async Task<T> AskAsync<T>(Func<T> question)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _requests.Writer.WriteAsync(new Request(
            () => answer.SetResult(question()), () => answer.TrySetCanceled()));
        return await answer.Task;
    }

    /// <summary>Replaces what is to be shown for the record's activity; never waits.</summary>
    public void Show(ProgressRecord progress)
    {
        lock (_changed)
        {
            _changed[progress.ActivityId] = progress;
        }
    }

    private bool WaitForRequest()
    {
        var waiting = _requests.Reader.WaitToReadAsync().AsTask();
        while (!waiting.Wait(s_progressInterval))
        {
            ShowChanges();
        }

        return waiting.Result;
    }

    private void Execute(Request request)
    {
        if (_broken is null)
        {
            Attempt(request.Run);
        }

        if (_broken is not null)
        {
            request.Abandon?.Invoke();
        }
    }

    private void Attempt(Action write)
    {
        try
        {
            write();
        }
#pragma warning disable CA1031 // Whatever it is, it is thrown again once the task has ended.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _broken = ExceptionDispatchInfo.Capture(exception);
            _stopping.Cancel();
        }
    }

    private void ShowChanges()
    {
        if (_broken is not null || Stopwatch.GetElapsedTime(_lastShown) < s_progressInterval)
        {
            return;
        }

        ProgressRecord[] records;
        lock (_changed)
        {
            records = [.. _changed.Values];
            _changed.Clear();
        }

        if (records.Length > 0)
        {
            _lastShown = Stopwatch.GetTimestamp();
            Attempt(() => Array.ForEach(records, Write));
        }
    }

    private void EndProgress()
    {
        foreach (var record in _shown.Values.ToArray())
        {
            record.RecordType = ProgressRecordType.Completed;
            if (_broken is null)
            {
                Attempt(() => _writeProgress(record));
            }
        }
    }

    private void Write(ProgressRecord record)
    {
        _writeProgress(record);
        if (record.RecordType == ProgressRecordType.Completed)
        {
            _shown.Remove(record.ActivityId);
        }
        else
        {
            _shown[record.ActivityId] = record;
        }
    }
}
