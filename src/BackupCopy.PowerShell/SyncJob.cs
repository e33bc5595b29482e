using System.Management.Automation;
using System.Management.Automation.Runspaces;
using BackupCopy.PowerShell.ProgressBars;
using BackupCopy.Running;

namespace BackupCopy.PowerShell;

/// <summary>
/// A sync as a job of PowerShell, in this process: Receive-Job brings its session, errors and warnings, and
/// Stop-Job returns once the engine has let go of its files and locks. The job is Failed when the session
/// could not do its work; a machine that failed is an error of a job that Completed.
/// </summary>
/// <remarks>
/// Of each activity only the newest progress record is kept, so that nobody has to receive a job that runs
/// for days. The runspace takes its jobs with it: when it closes, the sync is stopped.
/// </remarks>
public sealed class SyncJob : Job
{
    private readonly Engine _engine;
    private readonly Runspace? _runspace;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<int, ProgressRecord> _shown = [];
    private string _status = "";
    private bool _isOver;
    private bool _isDisposed;
    private Task _work = Task.CompletedTask;

    internal SyncJob(Engine engine, string job, string command, Runspace? runspace)
        : base(command, job)
    {
        _engine = engine;
        _runspace = runspace;
        PSJobTypeName = "BackupCopySync";
    }

    public override string Location => Environment.MachineName;

    /// <summary>How far it is.</summary>
    public override string StatusMessage => _status;

    public override bool HasMoreData =>
        Output.Count + Error.Count + Warning.Count + Progress.Count > 0;

    /// <summary>Cancels the sync and waits until it has ended.</summary>
    public override void StopJob()
    {
        // Receive-Job removes a job in the event of its end: there nothing is left to wait for.
        if (JobStateInfo.State is JobState.Completed or JobState.Failed or JobState.Stopped)
        {
            return;
        }

        lock (_gate)
        {
            if (!_isOver && JobStateInfo.State == JobState.Running)
            {
                SetJobState(JobState.Stopping);
            }
        }

        _stopping.Cancel();
        Task.WaitAny(_work);
    }

    internal void Start(SyncOptions options)
    {
        SetJobState(JobState.Running);
        if (_runspace is not null)
        {
            _runspace.StateChanged += StopWithRunspace;
        }

        _work = Task.Run(() => RunAsync(options));
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isDisposed)
        {
            _isDisposed = true;
            StopJob();
            _stopping.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task RunAsync(SyncOptions options)
    {
        var end = JobState.Failed;
        try
        {
            end = await SyncAsync(options);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            end = JobState.Stopped;
        }
        catch (BackupCopyException error)
        {
            Error.Add(error.ToErrorRecord(Name));
        }
#pragma warning disable CA1031 // There is no caller: whoever receives the job gets it as an error.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Error.Add(new ErrorRecord(error, "SyncFailed", ErrorCategory.InvalidOperation, Name));
        }

        if (_runspace is not null)
        {
            _runspace.StateChanged -= StopWithRunspace;
        }

        EndProgress();
        lock (_gate)
        {
            _isOver = true;
        }

        SetJobState(end);
    }

    private async Task<JobState> SyncAsync(SyncOptions options)
    {
        var hasFailed = false;
        var session = await _engine.Jobs.SyncAsync(
            Name,
            options with
            {
                Warn = warning => Warning.Add(new WarningRecord(warning)),
                Fail = (machine, error) =>
                {
                    hasFailed |= machine is null;
                    Error.Add(machine is null
                        ? error.ToErrorRecord(Name) : error.OfMachine(machine).ToErrorRecord(machine));
                },
            },
            new MachineProgressDisplay($"Syncing {Name}", Show), _stopping.Token);
        Output.Add(PSObject.AsPSObject(session));
        _status = session.Reason;
        return session.Result == Jobs.SessionResult.Stopped ? JobState.Stopped
            : hasFailed ? JobState.Failed : JobState.Completed;
    }

    // The display calls in order and one at a time.
    private void Show(ProgressRecord record)
    {
        if (_shown.Remove(record.ActivityId, out var older))
        {
            Progress.Remove(older);
        }

        _shown.Add(record.ActivityId, record);
        Progress.Add(record);
        if (record.ParentActivityId < 0)
        {
            _status = record.StatusDescription;
        }
    }

    private void EndProgress()
    {
        foreach (var record in _shown.Values.ToArray())
        {
            Show(new ProgressRecord(record.ActivityId, record.Activity, record.StatusDescription)
            {
                RecordType = ProgressRecordType.Completed,
                ParentActivityId = record.ParentActivityId,
            });
        }
    }

    private void StopWithRunspace(object? sender, RunspaceStateEventArgs change)
    {
        if (change.RunspaceStateInfo.State is RunspaceState.Closing or RunspaceState.Closed
            or RunspaceState.Broken)
        {
            StopJob();
        }
    }
}
