using System.Management.Automation;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using BackupCopy.Jobs;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Reporting;
using BackupCopy.Running.Service;

namespace BackupCopy.PowerShell.Commands;

/// <summary>
/// Runs the enabled jobs when they are due, until it is stopped: by Ctrl+C, or by the signals that systemd
/// and containers send, which end the cmdlet as if its work were done.
/// </summary>
[Cmdlet(VerbsLifecycle.Invoke, "BackupCopyService", SupportsShouldProcess = true)]
[OutputType(typeof(SessionInfo))]
public sealed class InvokeBackupCopyServiceCommand : AsyncCmdlet
{
    // Of what the service tells while the pipeline is busy; the sessions themselves are in the catalog.
    private const int MostWaiting = 256;

    // BackupCopy.Shell leaves signals alone while this is true; pwsh has no handler of its own for SIGTERM.
    private const string TakesSignals = "BackupCopy.TakesSignals";

    [Parameter(Position = 0)]
    [NameOf(Named.Job)]
    [ArgumentCompleter(typeof(JobCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Job { get; set; } = [];

    private protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        var jobs = Job.Length == 0 ? "all enabled jobs" : $"the enabled jobs {string.Join(", ", Job)}";
        if (!await ConfirmAsync(Engine.CatalogPath, $"Run {jobs} until stopped"))
        {
            return;
        }

        await using var log = ShowLog();
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var signals = Array.ConvertAll(
            [PosixSignal.SIGTERM, PosixSignal.SIGINT],
            signal => PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                stopping.Cancel();
            }));
        AppDomain.CurrentDomain.SetData(TakesSignals, true);
        var lines = Channel.CreateBounded<Func<ValueTask>>(
            new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropOldest });
        var writing = WriteAsync(lines.Reader);
        try
        {
            await Engine.Service.RunAsync(Options(lines.Writer), stopping.Token);
        }
        finally
        {
            lines.Writer.Complete();
            await writing;
            AppDomain.CurrentDomain.SetData(TakesSignals, null);
            Array.ForEach(signals, signal => signal.Dispose());
        }
    }

    // Nothing that reads the output, such as a pager, may hold up the jobs.
    private ServiceOptions Options(ChannelWriter<Func<ValueTask>> lines) => new()
    {
        Jobs = Job,
        Ended = session =>
        {
            lines.TryWrite(() => EmitAsync(session));
            return Task.CompletedTask;
        },
        Trouble = error => lines.TryWrite(() => WarnAsync($"{error.Code}: {error.Message} {error.Remedy}")),

        // Start and end are in the log, which -Verbose shows.
        Tell = (id, text) =>
        {
            if (id == SessionEventId.ClockJumped)
            {
                lines.TryWrite(() => WarnAsync(text));
            }
        },
    };

    private static async Task WriteAsync(ChannelReader<Func<ValueTask>> lines)
    {
        await foreach (var write in lines.ReadAllAsync())
        {
            await write();
        }
    }
}
