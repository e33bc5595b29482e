using System.Management.Automation;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Reporting;
using BackupCopy.Running;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Defines a copy job.</summary>
[Cmdlet(VerbsCommon.New, "BackupCopyJob", SupportsShouldProcess = true)]
[OutputType(typeof(JobInfo))]
public sealed class NewBackupCopyJobCommand : JobCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [NameOf(Named.Repository)]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Source { get; set; } = [];

    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [NameOf(Named.Repository)]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    [ValidateNotNullOrEmpty]
    public string Target { get; set; } = "";

    [Parameter]
    [ArgumentCompleter(typeof(MapBackupCompleter))]
    [ValidateNotNullOrEmpty]
    public string? MapBackup { get; set; }

    private protected override void Process()
    {
        var settings = Settings with
        {
            Name = Name,
            Target = Target,
            Sources = Source,
            MapBackup = MapBackup,
        };
        Engine.Jobs.CheckCreate(settings, WriteWarning);
        if (ShouldProcess(Name, $"Make a job that copies from {string.Join(", ", Source)} to {Target}"))
        {
            WriteObject(Engine.Jobs.Create(settings));
        }
    }
}
