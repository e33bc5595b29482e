using System.Management.Automation;
using BackupCopy.Reporting;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Keeps copy jobs from running, until they are enabled.</summary>
[Cmdlet(VerbsLifecycle.Disable, "BackupCopyJob", SupportsShouldProcess = true)]
[OutputType(typeof(JobInfo))]
public sealed class DisableBackupCopyJobCommand : JobSwitchCmdlet
{
    private protected override void Process() => Turn(false, "Keep the job from running");
}
