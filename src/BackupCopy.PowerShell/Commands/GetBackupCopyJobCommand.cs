using System.Management.Automation;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Reporting;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Lists copy jobs.</summary>
[Cmdlet(VerbsCommon.Get, "BackupCopyJob")]
[OutputType(typeof(JobInfo))]
public sealed class GetBackupCopyJobCommand : BackupCopyCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Job")]
    [NameOf(Named.Job)]
    [ArgumentCompleter(typeof(JobCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    private protected override void Process() =>
        ForEach(Name, name => ForEach(JobsNamed(name), job => WriteObject(Engine.Jobs.Get(job))));
}
