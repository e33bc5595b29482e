using System.Management.Automation;
using BackupCopy.Health;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.PowerShell.ProgressBars;
using BackupCopy.Reporting;
using BackupCopy.Running.Upkeep;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Verifies restore points, and heals what is damaged. No output means no findings.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "HealthCheck", SupportsShouldProcess = true, DefaultParameterSetName = ByJob)]
[Alias("Invoke-BackupCopyHealthCheck")]
[OutputType(typeof(HealthFinding))]
public sealed class InvokeHealthCheckCommand : AsyncCmdlet
{
    private const string ByJob = "Job";
    private const string ByRepository = "Repository";
    private const string ByPoint = "RestorePoint";

    private readonly List<RestorePointInfo> _points = [];
    private bool _isWhatIf;

    // Not by property name: PowerShell would then take nothing from the pipeline for the other sets.
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = ByJob)]
    [NameOf(Named.Job, PassOver = new[] { "RepositoryInfo", "RestorePointInfo" })]
    [ArgumentCompleter(typeof(JobCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Job { get; set; } = [];

    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ByRepository)]
    [NameOf(
        Named.Repository, PassOverAll = true,
        PassOver = new[] { "JobInfo", "SessionInfo", "BackupInfo", "RestorePointInfo" })]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Repository { get; set; } = [];

    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ByPoint)]
    [PointOnly]
    [ValidateNotNullOrEmpty]
    public RestorePointInfo[] RestorePoint { get; set; } = [];

    [Parameter(ParameterSetName = ByJob)]
    [Parameter(ParameterSetName = ByRepository)]
    [NameOf(Named.Machine)]
    [ArgumentCompleter(typeof(MachineCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Machine { get; set; } = [];

    [Parameter(ParameterSetName = ByJob)]
    [Parameter(ParameterSetName = ByRepository)]
    public SwitchParameter All { get; set; }

    [Parameter(ParameterSetName = ByJob)]
    [Parameter(ParameterSetName = ByRepository)]
    [ArgumentCompleter(typeof(PercentCompleter))]
    public double? Percent { get; set; }

    [Parameter]
    public SwitchParameter Quick { get; set; }

    [Parameter]
    public SwitchParameter Repair { get; set; }

    [Parameter]
    [Rate]
    [ArgumentCompleter(typeof(RateCompleter))]
    public long MaxRate { get; set; }

    [Parameter(ParameterSetName = ByJob)]
    public SwitchParameter AcceptRollback { get; set; }

    private HealthCheckOptions Options => new()
    {
        Machines = Machine,
        Depth = Quick ? CheckDepth.Quick : CheckDepth.Full,
        All = All,
        Percent = Percent,
        Repair = Repair,
        LookOnly = _isWhatIf,
        MaxRateBytesPerSecond = MaxRate,
    };

    private protected override void Prepare() => _isWhatIf = IsWhatIf;

    private protected override Task ProcessAsync(CancellationToken cancellationToken)
    {
        switch (ParameterSetName)
        {
            case ByPoint:
                // A chain is read once, however many of its points come.
                _points.AddRange(RestorePoint);
                return Task.CompletedTask;
            case ByRepository:
                return ForEachAsync(Repository, pattern => ForEachAsync(
                    RepositoriesNamed(pattern).Select(repository => repository.Name),
                    name => CheckAsync(name, new HealthScope.OfRepository(name), cancellationToken)));
            default:
                return ForEachAsync(Job, pattern => ForEachAsync(JobsNamed(pattern), async job =>
                {
                    await AcceptAsync(job);
                    await CheckAsync(job, new HealthScope.OfJob(job), cancellationToken);
                }));
        }
    }

    private protected override Task EndAsync(CancellationToken cancellationToken) => _points.Count == 0
        ? Task.CompletedTask
        : CheckAsync(
            _points.Count == 1 ? "1 restore point" : $"{_points.Count} restore points",
            new HealthScope.OfPoints(_points), cancellationToken);

    private async Task AcceptAsync(string job)
    {
        if (AcceptRollback && await ConfirmGraveAsync(
            job, "Take the target for what it is now, and copy on from there"))
        {
            Engine.Health.AcceptRollback(job);
        }
    }

    private async Task CheckAsync(string name, HealthScope scope, CancellationToken cancellationToken)
    {
        if (Repair && !_isWhatIf && !await ConfirmAsync(name, "Verify, and heal what is damaged"))
        {
            return;
        }

        var failures = new List<(string Machine, BackupCopyException Error)>();
        var options = Options with
        {
            Progress = new MachineProgressDisplay($"Verifying {name}", ShowProgress),
            Found = FoundAsync,
            Checked = CheckedAsync,
            Fail = (machine, error) => failures.Add((machine, error)),
        };
        await using var log = ShowLog();
        var chains = await Engine.Health.RunAsync(scope, options, cancellationToken);
        if (chains.Count == 0 && failures.Count == 0)
        {
            await TellAsync($"{name}: there are no restore points to verify.");
        }

        // Only now: -ErrorAction Stop must not leave the other machines out.
        foreach (var (machine, error) in failures)
        {
            await FailAsync(error.OfMachine(machine), machine);
        }
    }

    private async ValueTask FoundAsync(HealthFinding finding)
    {
        await EmitAsync(finding);
        if (Repair && _isWhatIf && finding.RepairableFrom.Length > 0)
        {
            await ConfirmAsync(finding.Path, $"Heal it from {finding.RepairableFrom}. {finding.Message}");
        }
    }

    private ValueTask CheckedAsync(ChainHealth chain) => TellAsync(HealthText.Of(chain, _isWhatIf));
}
