using System.Management.Automation;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Reporting;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Lists whether jobs look forward: the global setting, then each job.</summary>
[Cmdlet(VerbsCommon.Get, "LookForward")]
[Alias("Get-BackupCopyLookForward")]
[OutputType(typeof(LookForwardInfo))]
public sealed class GetLookForwardCommand : BackupCopyCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [NameOf(Named.Job)]
    [ArgumentCompleter(typeof(JobCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Job { get; set; }

    private protected override void Process()
    {
        if (Job is null)
        {
            WriteObject(Engine.Jobs.LookForward());
        }

        ForEach(Job ?? ["*"], name => ForEach(
            JobsNamed(name), job => WriteObject(Engine.Jobs.LookForward(job))));
    }
}
