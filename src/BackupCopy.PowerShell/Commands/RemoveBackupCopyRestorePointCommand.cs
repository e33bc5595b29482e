using System.Management.Automation;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Reporting;
using BackupCopy.Running;
using BackupCopy.Running.Keeping;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Removes restore points and gives back the space that they alone used.</summary>
[Cmdlet(
    VerbsCommon.Remove, "BackupCopyRestorePoint",
    SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = ByPoint)]
[OutputType(typeof(RestorePointInfo))]
public sealed class RemoveBackupCopyRestorePointCommand : AsyncCmdlet
{
    private const string ByPoint = "Point";
    private const string ByAge = "Age";

    private readonly List<RestorePointInfo> _points = [];

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = ByPoint)]
    [ValidateNotNullOrEmpty]
    public RestorePointInfo[] RestorePoint { get; set; } = [];

    [Parameter(Mandatory = true, ParameterSetName = ByAge)]
    [NameOf(Named.Repository)]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    [ValidateNotNullOrEmpty]
    public string Repository { get; set; } = "";

    [Parameter(Mandatory = true, ParameterSetName = ByAge)]
    [NameOf(Named.Machine)]
    [ArgumentCompleter(typeof(MachineCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string Machine { get; set; } = "";

    [Parameter(ParameterSetName = ByAge)]
    [NameOf(Named.Backup)]
    [ArgumentCompleter(typeof(BackupCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string? Backup { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = ByAge)]
    public DateTime Before { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override Task ProcessAsync(CancellationToken cancellationToken)
    {
        _points.AddRange(ParameterSetName == ByPoint ? RestorePoint : Older());
        return Task.CompletedTask;
    }

    /// <summary>A chain at a time: what a point leaves behind depends on its neighbours.</summary>
    private protected override async Task EndAsync(CancellationToken cancellationToken)
    {
        foreach (var chain in RestorePoints.ByChain(_points))
        {
            try
            {
                await RemoveAsync(chain, cancellationToken);
            }
            catch (BackupCopyException exception)
            {
                foreach (var point in chain)
                {
                    await FailAsync(exception.OfPoint(point), point);
                }
            }
        }
    }

    private async Task RemoveAsync(IReadOnlyList<RestorePointInfo> chain, CancellationToken cancellationToken)
    {
        var plan = Engine.RestorePoints.PlanRemoval(chain, Force);
        await FailAsync(plan.Refused);
        if (plan.Removed.Count == 0 || !await ConfirmAsync(
            $"{chain[0].Machine} in {chain[0].Repository} ({chain[0].BackupFolder})",
            $"Remove {Text(plan.Removed)}; {Display.Size(plan.FreedBytes)} return"))
        {
            return;
        }

        ShowProgress(new ProgressRecord(
            1, $"Removing restore points of {chain[0].Machine}", chain[0].Repository));
        var result = Engine.RestorePoints.Remove(plan.Removed, Force, cancellationToken);
        await FailAsync(result.Refused);
        foreach (var note in result.Notes)
        {
            await ExplainAsync(note);
        }

        foreach (var point in PassThru ? result.Removed : [])
        {
            await EmitAsync(point);
        }

        if (result.Failure is { } failure)
        {
            await FailAsync(failure.OfMachine(chain[0].Machine), chain[0]);
        }
    }

    private async Task FailAsync(IEnumerable<RefusedRemoval> refused)
    {
        foreach (var (point, reason) in refused)
        {
            await FailAsync(reason.OfPoint(point), point);
        }
    }

    private List<RestorePointInfo> Older()
    {
        Engine.Repositories.Get(Repository);
        var query = new RestorePointQuery
        {
            Repositories = [Repository],
            Machines = [Machine],
            Backups = Backup is null ? [] : [Backup],
            Before = Before,
        };
        var points = Engine.RestorePoints.List(query, error => throw error).ToList();
        return points.Count > 0 ? points : throw new BackupCopyException(
            ErrorCode.RestorePointNotFound,
            $"{Repository} has no complete restore point of {Machine} before {Before:yyyy-MM-dd HH:mm:ss}.",
            $"List them with Get-BackupCopyRestorePoint -Repository {Repository}.");
    }

    private static string Text(IReadOnlyList<RestorePointInfo> points)
    {
        var times = points.Select(p => p.Time).Order().Select(t => $"{t:yyyy-MM-dd HH:mm:ss}").ToList();
        return points.Count == 1
            ? $"the restore point of {times[0]}"
            : $"{points.Count} restore points of {times[0]} to {times[^1]}";
    }
}
