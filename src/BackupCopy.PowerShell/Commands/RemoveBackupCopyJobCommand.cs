using System.Management.Automation;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Reporting;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Removes copy jobs from the catalog; the restore points that they made stay.</summary>
[Cmdlet(VerbsCommon.Remove, "BackupCopyJob", SupportsShouldProcess = true)]
[OutputType(typeof(JobInfo))]
public sealed class RemoveBackupCopyJobCommand : BackupCopyCmdlet
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

    private protected override void Process() => ForEach(Name, name => ForEach(JobsNamed(name), Forget));

    private void Forget(string name)
    {
        var job = Engine.Jobs.Get(name);
        if (!ShouldProcess(
            job.Name, $"Remove the job from the catalog; its restore points stay in {job.Target}"))
        {
            return;
        }

        var folder = Engine.Jobs.Remove(job.Name);
        Tell(folder.Length == 0
            ? $"The job {job.Name} is forgotten; no file of {job.Target} changed."
            : $"The job {job.Name} is forgotten; its restore points stay in {folder}.");
        if (PassThru)
        {
            WriteObject(job);
        }
    }
}
