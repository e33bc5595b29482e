using System.Management.Automation;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Reporting;
using BackupCopy.Running;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Changes copy jobs: what is given, and nothing else.</summary>
[Cmdlet(VerbsCommon.Set, "BackupCopyJob", SupportsShouldProcess = true)]
[OutputType(typeof(JobInfo))]
public sealed class SetBackupCopyJobCommand : JobCmdlet
{
    [Parameter(
        Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Job")]
    [NameOf(Named.Job)]
    [ArgumentCompleter(typeof(JobCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? NewName { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [NameOf(Named.Repository)]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public string[]? Source { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [NameOf(Named.Repository)]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public string? Target { get; set; }

    [Parameter]
    [ArgumentCompleter(typeof(MapBackupCompleter))]
    [UnsetIsNull]
    [AllowEmptyString]
    public string? MapBackup { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    // An object of the module says which job is meant. What it was like is no wish.
    private protected override bool IsPipelineMeant => NameOfAttribute.TypeOf(InputObject) is null;

    private protected override void Process() => ForEach(Name, Change);

    private void Change(string name)
    {
        var settings = Settings with
        {
            Name = NewName,
            Target = Given(Target),
            Sources = IsTyped(nameof(Source)) ? Source ?? [] : Given(Source),
            MapBackup = MapBackup,
        };
        var changes = Engine.Jobs.CheckUpdate(name, settings, WriteWarning);
        if (!ShouldProcess(name, Display.Change("job", changes)))
        {
            return;
        }

        var changed = Engine.Jobs.Update(name, settings);
        if (PassThru)
        {
            WriteObject(changed);
        }
    }
}
