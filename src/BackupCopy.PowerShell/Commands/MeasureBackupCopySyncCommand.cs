using System.Management.Automation;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Reporting;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Says what a sync would do now.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "BackupCopySync")]
[OutputType(typeof(SyncPlanInfo))]
public sealed class MeasureBackupCopySyncCommand : BackupCopyCmdlet
{
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

    private protected override void Process() => ForEach(Name, name => ForEach(JobsNamed(name), Plan));

    private void Plan(string job) =>
        WriteObject(Engine.Jobs.Plan(job, Machine, FullBackup), enumerateCollection: true);
}
