using System.Collections.Concurrent;
using System.Management.Automation;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Reporting;
using BackupCopy.Running;
using BackupCopy.Running.Keeping;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Removes what a policy no longer keeps, without copying.</summary>
[Cmdlet(
    VerbsLifecycle.Invoke, "BackupCopyRetention", SupportsShouldProcess = true,
    ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = ByJob)]
[OutputType(typeof(RetentionResult))]
public sealed class InvokeBackupCopyRetentionCommand : PolicyCmdlet
{
    private const string ByJob = "Job";

    private readonly OncePerMachine _once = new();
    private bool _isWhatIf;

    [Parameter(
        Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true,
        ParameterSetName = ByJob)]
    [NameOf(Named.Job, PassOver = new[] { "BackupInfo", "RestorePointInfo" })]
    [ArgumentCompleter(typeof(JobCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Job { get; set; } = [];

    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ByPolicy)]
    [Alias("Folder")]
    [NameOf(Named.Backup)]
    [ArgumentCompleter(typeof(BackupCompleter))]
    [ValidateNotNullOrEmpty]
    public string Backup { get; set; } = "";

    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ByPolicy)]
    [NameOf(Named.Repository)]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    [ValidateNotNullOrEmpty]
    public string Repository { get; set; } = "";

    // The machines of a job's object are those that it copies, not those whose points are meant.
    [Parameter(ParameterSetName = ByJob)]
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ByPolicy)]
    [NameOf(Named.Machine)]
    [ArgumentCompleter(typeof(MachineCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Machine { get; set; } = [];

    [Parameter]
    [Duration]
    [ArgumentCompleter(typeof(DurationCompleter))]
    public TimeSpan Wait { get; set; }

    private protected override void Prepare() => _isWhatIf = IsWhatIf;

    private protected override Task ProcessAsync(CancellationToken cancellationToken)
    {
        if (ParameterSetName == ByJob)
        {
            return ForEachAsync(Job, name => ForEachAsync(JobsNamed(name), job => RunAsync(
                job, new RetentionScope.OfJob(job), Machine, cancellationToken)));
        }

        return _once.Of(Repository, Backup, Machine) is { } machines
            ? RunAsync(
                $"{Repository}: {Backup}", new RetentionScope.OfBackup(Repository, Backup, Policy), machines,
                cancellationToken)
            : Task.CompletedTask;
    }

    private Task RunAsync(
        string name, RetentionScope scope, string[] machines, CancellationToken cancellationToken) =>
        _isWhatIf
            ? SayPlanAsync(name, scope, machines)
            : RemoveAsync(name, scope, machines, cancellationToken);

    private async Task SayPlanAsync(string name, RetentionScope scope, string[] machines)
    {
        var failures = new List<(string Machine, BackupCopyException Error)>();
        foreach (var plan in Engine.Retention.Plan(
            scope, machines, (machine, error) => failures.Add((machine, error))))
        {
            var target = $"{name}: {plan.Machine}";
            foreach (var gone in plan.Removed)
            {
                await ConfirmAsync(target, $"Remove the restore point of {gone}");
            }

            var notes = string.Concat(plan.Notes.Select(note => $" {note}"));
            await ConfirmAsync(
                target,
                $"Keep {plan.KeptCount} of {plan.KeptCount + plan.Removed.Count} restore points; "
                + $"{Display.Size(plan.FreedBytes)} return.{notes}");
        }

        foreach (var (machine, error) in failures)
        {
            await FailAsync(error.OfMachine(machine), machine);
        }
    }

    private async Task RemoveAsync(
        string name, RetentionScope scope, string[] machines, CancellationToken cancellationToken)
    {
        if (!await ConfirmAsync(name, "Remove the restore points that the policy no longer keeps"))
        {
            return;
        }

        var failures = new ConcurrentQueue<(string Machine, BackupCopyException Error)>();
        var options = new RetentionOptions
        {
            Machines = machines,
            Wait = Wait,
            Fail = (machine, error) => failures.Enqueue((machine, error)),
        };
        foreach (var result in await Engine.Retention.RunAsync(scope, options, cancellationToken))
        {
            await EmitAsync(result);
        }

        foreach (var (machine, error) in failures)
        {
            await FailAsync(error.OfMachine(machine), machine);
        }
    }
}
