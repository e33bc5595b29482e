using System.Management.Automation;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;

namespace BackupCopy.PowerShell.Commands;

/// <summary>What enabling and disabling jobs have in common.</summary>
public abstract class JobSwitchCmdlet : BackupCopyCmdlet
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
    public SwitchParameter PassThru { get; set; }

    private protected void Turn(bool isEnabled, string action) =>
        ForEach(Name, name => ForEach(JobsNamed(name), job =>
        {
            var known = Engine.Jobs.Find(job);
            if (!ShouldProcess(known, action))
            {
                return;
            }

            var changed = Engine.Jobs.Enable(known, isEnabled);
            if (PassThru)
            {
                WriteObject(changed);
            }
        }));
}
