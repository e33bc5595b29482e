using System.Management.Automation;
using BackupCopy.Reporting;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Lets copy jobs run again.</summary>
[Cmdlet(VerbsLifecycle.Enable, "BackupCopyJob", SupportsShouldProcess = true)]
[OutputType(typeof(JobInfo))]
public sealed class EnableBackupCopyJobCommand : JobSwitchCmdlet
{
    private protected override void Process() => Turn(true, "Let the job run");
}
