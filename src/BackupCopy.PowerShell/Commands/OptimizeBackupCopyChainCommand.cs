using System.Management.Automation;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.PowerShell.ProgressBars;
using BackupCopy.Reporting;
using BackupCopy.Running.Upkeep;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Puts the newest state of machines in the order in which it is restored.</summary>
[Cmdlet(
    VerbsCommon.Optimize, "BackupCopyChain", SupportsShouldProcess = true, DefaultParameterSetName = ByJob)]
[OutputType(typeof(CompactionResult))]
public sealed class OptimizeBackupCopyChainCommand : AsyncCmdlet
{
    private const string ByJob = "Job";
    private const string ByBackup = "Backup";

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

    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ByBackup)]
    [Alias("Folder")]
    [NameOf(Named.Backup)]
    [ArgumentCompleter(typeof(BackupCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string Backup { get; set; } = "";

    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ByBackup)]
    [NameOf(Named.Repository)]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Repository { get; set; }

    // The machines of a job's object are those that it copies, not those whose chains are meant.
    [Parameter(ParameterSetName = ByJob)]
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ByBackup)]
    [NameOf(Named.Machine)]
    [ArgumentCompleter(typeof(MachineCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Machine { get; set; } = [];

    [Parameter]
    [Rate]
    [ArgumentCompleter(typeof(RateCompleter))]
    public long MaxRate { get; set; }

    private protected override void Prepare() => _isWhatIf = IsWhatIf;

    private protected override Task ProcessAsync(CancellationToken cancellationToken)
    {
        if (ParameterSetName == ByJob)
        {
            return ForEachAsync(Job, name => ForEachAsync(JobsNamed(name), job => RunAsync(
                job, new CompactionScope.OfJob(job), Machine, cancellationToken)));
        }

        return _once.Of(Repository ?? "", Backup, Machine) is { } machines
            ? RunBackupsAsync(machines, cancellationToken) : Task.CompletedTask;
    }

    // A name may be that of backups in several repositories.
    private async Task RunBackupsAsync(string[] machines, CancellationToken cancellationToken)
    {
        if (Repository is not null)
        {
            Engine.Repositories.Get(Repository);
        }

        var unavailable = new List<BackupCopyException>();
        var found = Engine.Backups.List(
            [Backup], Repository is null ? [] : [Repository], unavailable.Add).ToList();
        foreach (var error in unavailable)
        {
            await FailAsync(error, Backup);
        }

        if (found.Count == 0 && unavailable.Count == 0 && !IsPattern(Backup))
        {
            throw new BackupCopyException(
                ErrorCode.BackupNotFound,
                $"There is no backup {Backup}{(Repository is null ? "" : $" in {Repository}")}.",
                "Get-BackupCopyBackup lists them.");
        }

        await ForEachAsync(found, backup => RunAsync(
            $"{backup.Repository}: {backup.Folder}",
            new CompactionScope.OfBackup(backup.Repository, backup.Folder), machines, cancellationToken));
    }

    private async Task RunAsync(
        string name, CompactionScope scope, string[] machines, CancellationToken cancellationToken)
    {
        var failures = new List<(string Machine, BackupCopyException Error)>();
        var options = new CompactionOptions
        {
            Machines = machines,
            MaxRateBytesPerSecond = MaxRate,
            Progress = new MachineProgressDisplay($"Compacting {name}", ShowProgress),
            Compacted = result => EmitAsync(result),
            Fail = (machine, error) => failures.Add((machine, error)),
        };
        if (_isWhatIf)
        {
            await SayPlanAsync(name, scope, options, cancellationToken);
        }
        else if (await ConfirmAsync(
            name, "Put what is restored in disk order, and give back what nothing uses"))
        {
            await using var log = ShowLog();
            await Engine.Compaction.RunAsync(scope, options, cancellationToken);
        }

        foreach (var (machine, error) in failures)
        {
            await FailAsync(error.OfMachine(machine), machine);
        }
    }

    private async Task SayPlanAsync(
        string name, CompactionScope scope, CompactionOptions options, CancellationToken cancellationToken)
    {
        foreach (var plan in Engine.Compaction.Plan(scope, options, cancellationToken))
        {
            await ConfirmAsync(
                $"{name}: {plan.Machine}",
                plan.MovedBytes == 0
                    ? $"Leave it: {plan.ExtentsPerGBBefore:N0} extents per GB are as good as it gets"
                    : $"Write {Display.Size(plan.MovedBytes)} in disk order, which takes "
                        + $"{Display.Size(plan.NeededBytes ?? 0)} of free space meanwhile; now there are "
                        + $"{plan.ExtentsPerGBBefore:N0} extents per GB and "
                        + $"{Display.Size(plan.DeadBytesBefore)} of dead bytes");
            await EmitAsync(plan);
        }
    }
}
