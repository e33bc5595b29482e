using System.Management.Automation;

namespace BackupCopy.PowerShell;

/// <summary>
/// A cmdlet whose work is a task of the engine. The task runs on other threads; what it has to say or ask
/// travels through <see cref="PipelinePump"/> to the pipeline's thread, the only one that may write.
/// </summary>
/// <remarks>
/// Ctrl+C cancels the token and nothing else: the cmdlet returns once the engine's task has ended and has let
/// go of its files and locks.
/// </remarks>
#pragma warning disable CA1001 // The source holds no timer or handle, and a stop may arrive after the end.
public abstract class AsyncCmdlet : BackupCopyCmdlet
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource _stopping = new();
    private PipelinePump? _pump;
    private bool _showsDetails;

    /// <summary>What only the pipeline's thread may do before the work, such as resolving paths.</summary>
    private protected virtual void Prepare()
    {
    }

    /// <summary>The work for one object of the pipeline.</summary>
    private protected abstract Task ProcessAsync(CancellationToken cancellationToken);

    /// <summary>The work after the last object, for cmdlets that collect their input.</summary>
    private protected virtual Task EndAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private protected sealed override void Process()
    {
        _showsDetails = IsDebugging;
        Prepare();
        Run(ProcessAsync);
    }

    protected sealed override void EndProcessing() => Guard(() => Run(EndAsync));

    protected sealed override void StopProcessing() => _stopping.Cancel();

    private protected ValueTask EmitAsync(object result) => Post(() => WriteObject(result));

    private protected ValueTask WarnAsync(string message) => Post(() => WriteWarning(message));

    private protected ValueTask ExplainAsync(string message) => Post(() => WriteVerbose(message));

    private protected ValueTask TellAsync(string message) => Post(() => Tell(message));

    private protected ValueTask FailAsync(BackupCopyException exception, object? target = null) =>
        Post(() => WriteError(exception.ToErrorRecord(target)));

    /// <summary>Shows what the engine logs on the verbose and debug streams, until disposed.</summary>
    private protected StreamLogger ShowLog() => new(Engine, _showsDetails, line => Post(() =>
    {
        if (line.IsDetail)
        {
            WriteDebug(line.Text);
        }
        else
        {
            WriteVerbose(line.Text);
        }
    }));

    /// <summary>ShouldProcess: false with -WhatIf and after a no.</summary>
    private protected Task<bool> ConfirmAsync(string target, string action) =>
        _pump!.AskAsync(() => ShouldProcess(target, action));

    /// <summary>
    /// The same for one action of high impact in a cmdlet whose others ask nobody: unless -Confirm:$false or
    /// the preference says otherwise, it is asked.
    /// </summary>
    private protected Task<bool> ConfirmGraveAsync(string target, string action) => _pump!.AskAsync(
        () => ShouldProcess(target, action)
            && (!AsksForGraveOnly || ShouldContinue($"{action}: {target}.", MyInvocation.MyCommand.Name)));

    /// <summary>Runs the work for each of the things; a failed one is reported and stops no other.</summary>
    private protected async Task ForEachAsync<T>(IEnumerable<T> things, Func<T, Task> work)
    {
        foreach (var thing in things)
        {
            try
            {
                await work(thing);
            }
            catch (BackupCopyException exception)
            {
                await FailAsync(exception, thing);
            }
        }
    }

    /// <summary>Shows the newest state of an activity; never waits, and may be called at any rate.</summary>
    private protected void ShowProgress(ProgressRecord progress) => _pump!.Show(progress);

    private ValueTask Post(Action write) => _pump!.PostAsync(write);

    private void Run(Func<CancellationToken, Task> work)
    {
        var current = new PipelinePump(WriteProgress, _stopping);
        _pump = current;
        try
        {
            current.Run(work);
        }
        catch (OperationCanceledException) when (Stopping)
        {
            // The pipeline reports the stop itself.
        }
    }
}
