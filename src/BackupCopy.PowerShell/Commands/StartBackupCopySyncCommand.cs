using System.Collections.Concurrent;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.PowerShell.ProgressBars;
using BackupCopy.Reporting;
using BackupCopy.Running;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Runs copy jobs once, one after the other.</summary>
[Cmdlet(VerbsLifecycle.Start, "BackupCopySync", SupportsShouldProcess = true)]
[OutputType(typeof(SessionInfo), typeof(SyncJob))]
public sealed class StartBackupCopySyncCommand : AsyncCmdlet
{
    private bool _isWhatIf;
    private JobRepository? _jobs;
    private Runspace? _runspace;

    [Parameter(
        Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Job")]
    [NameOf(Named.Job)]
    [ArgumentCompleter(typeof(JobCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    [Parameter]
    [NameOf(Named.Machine)]
    [ArgumentCompleter(typeof(MachineCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Machine { get; set; } = [];

    [Parameter]
    public SwitchParameter FullBackup { get; set; }

    [Parameter]
    [Duration]
    [ArgumentCompleter(typeof(DurationCompleter))]
    public TimeSpan? Wait { get; set; }

    [Parameter]
    public SwitchParameter WholeInterval { get; set; }

    [Parameter]
    public SwitchParameter AsJob { get; set; }

    private SyncOptions Options => new()
    {
        Machines = Machine,
        Full = FullBackup,
        Wait = Wait,
        WholeInterval = WholeInterval,
    };

    private protected override void Prepare()
    {
        _isWhatIf = IsWhatIf;
        (_jobs, _runspace) = (JobRepository, Runspace.DefaultRunspace);
    }

    private protected override Task ProcessAsync(CancellationToken cancellationToken) => ForEachAsync(
        Name, name => ForEachAsync(
            JobsNamed(name), job => _isWhatIf ? SayPlanAsync(job) : SyncAsync(job, cancellationToken)));

    private async Task SayPlanAsync(string job)
    {
        foreach (var plan in Engine.Jobs.Plan(job, Machine, FullBackup))
        {
            var target = $"{plan.Job}: {plan.Machine}";
            await ConfirmAsync(target, InWords(plan));
            foreach (var gone in plan.Removes)
            {
                await ConfirmAsync(target, $"Then remove the restore point of {gone}");
            }
        }
    }

    private static string InWords(SyncPlanInfo plan) => plan.Action == SyncAction.Copy
        ? $"Copy the restore point of {plan.PointTime:yyyy-MM-dd HH:mm:ss} from {plan.SourceRepository} as "
            + $"{(plan.Type == RestorePointType.Full ? "a full" : "an increment")}: read "
            + $"{Display.Size(plan.ReadBytes)}, store {Display.Size(plan.StoreBytes)}. {plan.Reason}"
            + (plan.Gfs.Count > 0 ? $" GFS: {plan.GfsReason}" : "")
        : $"{plan.Action}: {plan.Reason}";

    private async Task SyncAsync(string job, CancellationToken cancellationToken)
    {
        if (!await ConfirmAsync(job, "Copy the newest restore points"))
        {
            return;
        }

        if (AsJob)
        {
            var background = new SyncJob(Engine, job, MyInvocation.Line, _runspace);
            background.Start(Options);
            _jobs!.Add(background);
            await EmitAsync(background);
            return;
        }

        var warnings = new ConcurrentQueue<Task>();
        var failures = new ConcurrentQueue<(string? Machine, BackupCopyException Error)>();
        var options = Options with
        {
            Warn = warning => warnings.Enqueue(WarnAsync(warning).AsTask()),
            Fail = (machine, error) => failures.Enqueue((machine, error)),
        };
        await using var log = ShowLog();
        var display = new MachineProgressDisplay($"Syncing {job}", ShowProgress);
        var session = await Engine.Jobs.SyncAsync(job, options, display, cancellationToken);
        await Task.WhenAll(warnings);
        await EmitAsync(session);
        // Only now: -ErrorAction Stop must not end the machines that still run.
        foreach (var (machine, error) in failures)
        {
            await FailAsync(machine is null ? error : error.OfMachine(machine), machine ?? job);
        }
    }
}
