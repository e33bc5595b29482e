using System.Management.Automation;
using BackupCopy.Reporting;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Shows what counts for all jobs of a catalog.</summary>
[Cmdlet(VerbsCommon.Get, "BackupCopySetting")]
[OutputType(typeof(SettingsInfo))]
public sealed class GetBackupCopySettingCommand : BackupCopyCmdlet
{
    private protected override void Process() => WriteObject(Engine.Settings.Get());
}
