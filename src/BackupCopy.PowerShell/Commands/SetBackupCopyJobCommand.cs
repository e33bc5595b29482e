using System.Management.Automation;
using BackupCopy.Blocks;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Reporting;
using BackupCopy.Running;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Changes copy jobs: what is given, and nothing else.</summary>
[Cmdlet(VerbsCommon.Set, "BackupCopyJob", SupportsShouldProcess = true)]
[OutputType(typeof(JobInfo))]
public sealed partial class SetBackupCopyJobCommand : BackupCopyCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Job")]
    [NameOf(Named.Job)]
    [ArgumentCompleter(typeof(JobCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? NewName { get; set; }

    [Parameter]
    [NameOf(Named.Repository)]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? Source { get; set; }

    [Parameter]
    [NameOf(Named.Repository)]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Target { get; set; }

    [Parameter]
    [NameOf(Named.Machine)]
    [ArgumentCompleter(typeof(MachineCompleter))]
    [SupportsWildcards]
    [AllowEmptyCollection]
    public string[]? Machine { get; set; }

    [Parameter]
    [NameOf(Named.Machine)]
    [ArgumentCompleter(typeof(MachineCompleter))]
    [SupportsWildcards]
    [AllowEmptyCollection]
    public string[]? Exclude { get; set; }

    [Parameter]
    [NameOf(Named.Job)]
    [ArgumentCompleter(typeof(BackupCompleter))]
    [SupportsWildcards]
    [AllowEmptyCollection]
    public string[]? FromJob { get; set; }

    [Parameter]
    [NameOf(Named.Backup)]
    [ArgumentCompleter(typeof(BackupCompleter))]
    [SupportsWildcards]
    [AllowEmptyCollection]
    public string[]? FromBackup { get; set; }

    [Parameter]
    public int? Parallel { get; set; }

    [Parameter]
    [ArgumentCompleter(typeof(MapBackupCompleter))]
    [AllowEmptyString]
    public string? MapBackup { get; set; }

    [Parameter]
    public Compression? Compression { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void Process() => ForEach(Name, Change);

    private void Change(string name)
    {
        if (!ShouldProcess(name, "Change the job"))
        {
            return;
        }

        var changed = Engine.Jobs.Update(name, new JobSettings
        {
            Name = NewName,
            Target = Target,
            Sources = Source,
            Machines = Machine,
            Exclude = Exclude,
            FromJobs = FromJob,
            FromBackups = FromBackup,
            Parallel = Parallel,
            Compression = Compression,
            MapBackup = MapBackup,
            Retention = Retention,
        });
        if (PassThru)
        {
            WriteObject(changed);
        }
    }
}
