using System.Management.Automation;
using BackupCopy.Images.Writing;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.PowerShell.ProgressBars;
using BackupCopy.Reporting;
using BackupCopy.Running;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Writes the disks of restore points as images, and their attachments.</summary>
[Cmdlet(
    VerbsData.Export, "BackupCopyRestorePoint",
    SupportsShouldProcess = true, DefaultParameterSetName = ByPoint)]
[OutputType(typeof(FileInfo))]
public sealed class ExportBackupCopyRestorePointCommand : AsyncCmdlet
{
    private const string ByPoint = "Point";
    private const string Newest = "Newest";

    private string _destination = "";

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = ByPoint)]
    [ValidateNotNullOrEmpty]
    public RestorePointInfo[] RestorePoint { get; set; } = [];

    [Parameter(Mandatory = true, ParameterSetName = Newest)]
    [NameOf(Named.Repository)]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    [ValidateNotNullOrEmpty]
    public string Repository { get; set; } = "";

    [Parameter(Mandatory = true, ParameterSetName = Newest)]
    [NameOf(Named.Machine)]
    [ArgumentCompleter(typeof(MachineCompleter))]
    [ValidateNotNullOrEmpty]
    public string Machine { get; set; } = "";

    [Parameter(ParameterSetName = Newest)]
    public DateTime? Before { get; set; }

    [Parameter(Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string Destination { get; set; } = "";

    [Parameter]
    [ArgumentCompleter(typeof(DiskCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Disk { get; set; } = [];

    [Parameter]
    public ExportFormat Format { get; set; } = ExportFormat.Raw;

    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override void Prepare() => _destination = FullPath(Destination);

    private protected override Task ProcessAsync(CancellationToken cancellationToken) => ForEachAsync(
        ParameterSetName == ByPoint ? RestorePoint : [NewestPoint()],
        point => ExportAsync(point, cancellationToken));

    private async Task ExportAsync(RestorePointInfo point, CancellationToken cancellationToken)
    {
        RefuseUnfinished(point);
        var what = $"Export the restore point of {point.Machine} of {point.Time:yyyy-MM-dd HH:mm:ss}";
        if (!await ConfirmAsync(_destination, what))
        {
            return;
        }

        var files = await Engine.RestorePoints.ExportAsync(
            point, _destination, Disk, Force, new SingleProgressDisplay(ShowProgress), cancellationToken,
            Format);
        foreach (var file in files)
        {
            await EmitAsync(new FileInfo(file));
        }
    }

    private RestorePointInfo NewestPoint()
    {
        Engine.Repositories.Get(Repository);
        var query = new RestorePointQuery
        {
            Repositories = [Repository],
            Machines = [Machine],
            Before = Before,
            Newest = 1,
        };
        return Engine.RestorePoints.List(query, error => throw error).MaxBy(point => point.Time)
            ?? throw new BackupCopyException(
                ErrorCode.RestorePointNotFound,
                $"{Repository} has no complete restore point of {Machine}"
                + $"{(Before is { } before ? $" before {before:yyyy-MM-dd HH:mm:ss}" : "")}.",
                $"List them with Get-BackupCopyRestorePoint -Repository {Repository}.");
    }

    private static void RefuseUnfinished(RestorePointInfo point)
    {
        if (point.State is RestorePointState.Locked or RestorePointState.Incomplete)
        {
            throw new BackupCopyException(
                ErrorCode.PointLocked,
                $"The restore point of {point.Machine} of {point.Time:yyyy-MM-dd HH:mm:ss} is not finished. "
                + point.Reason,
                "Export it when it is complete, or choose an older one.");
        }
    }
}
