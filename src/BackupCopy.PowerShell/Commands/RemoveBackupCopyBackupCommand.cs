using System.Management.Automation;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Reporting;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Removes backups with all their machines and restore points.</summary>
[Cmdlet(
    VerbsCommon.Remove, "BackupCopyBackup",
    SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = ByBackup)]
[OutputType(typeof(BackupInfo))]
public sealed class RemoveBackupCopyBackupCommand : AsyncCmdlet
{
    private const string ByBackup = "Backup";
    private const string ByName = "Name";

    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ByBackup)]
    [ValidateNotNullOrEmpty]
    public BackupInfo[] Backup { get; set; } = [];

    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ByName)]
    [ArgumentCompleter(typeof(BackupCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    [Parameter(Mandatory = true, ParameterSetName = ByName)]
    [NameOf(Named.Repository)]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    [ValidateNotNullOrEmpty]
    public string Repository { get; set; } = "";

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override Task ProcessAsync(CancellationToken cancellationToken) =>
        ParameterSetName == ByBackup
            ? ForEachAsync(Backup, backup => RemoveAsync(backup, cancellationToken))
            : ForEachAsync(Name, name => ForEachAsync(
                Matching(name), backup => RemoveAsync(backup, cancellationToken)));

    private async Task RemoveAsync(BackupInfo backup, CancellationToken cancellationToken)
    {
        Engine.Backups.CheckRemoval(backup, Force);
        var what = $"Remove the backup with {backup.RestorePointCount} restore points of "
            + $"{backup.MachineCount} machines, {Display.Size(backup.StoredBytes)}";
        if (!await ConfirmAsync($"{backup.Folder} in {backup.Repository}", what))
        {
            return;
        }

        ShowProgress(new ProgressRecord(1, $"Removing {backup.Folder}", backup.Repository));
        foreach (var left in Engine.Backups.Remove(backup, Force, cancellationToken))
        {
            await WarnAsync(left);
        }

        if (PassThru)
        {
            await EmitAsync(backup);
        }
    }

    private List<BackupInfo> Matching(string name)
    {
        Engine.Repositories.Get(Repository);
        var found = Engine.Backups.List([name], [Repository], error => throw error).ToList();
        return found.Count > 0 || IsPattern(name) ? found : throw new BackupCopyException(
            ErrorCode.BackupNotFound, $"{Repository} has no backup {name}.",
            $"List what it has with Get-BackupCopyBackup -Repository {Repository}.");
    }
}
