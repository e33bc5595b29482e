using System.Management.Automation;
using BackupCopy.Blocks;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Reporting;
using BackupCopy.Running;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Defines a copy job.</summary>
[Cmdlet(VerbsCommon.New, "BackupCopyJob", SupportsShouldProcess = true)]
[OutputType(typeof(JobInfo))]
public sealed partial class NewBackupCopyJobCommand : BackupCopyCmdlet
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

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [NameOf(Named.Machine)]
    [ArgumentCompleter(typeof(MachineCompleter))]
    [SupportsWildcards]
    public string[]? Machine { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [NameOf(Named.Machine)]
    [ArgumentCompleter(typeof(MachineCompleter))]
    [SupportsWildcards]
    public string[]? Exclude { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [NameOf(Named.Job)]
    [ArgumentCompleter(typeof(BackupCompleter))]
    [SupportsWildcards]
    public string[]? FromJob { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [NameOf(Named.Backup)]
    [ArgumentCompleter(typeof(BackupCompleter))]
    [SupportsWildcards]
    public string[]? FromBackup { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    public int? Parallel { get; set; }

    [Parameter]
    [ArgumentCompleter(typeof(MapBackupCompleter))]
    [ValidateNotNullOrEmpty]
    public string? MapBackup { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    public Compression? Compression { get; set; }

    private protected override void Process()
    {
        if (!ShouldProcess(Name, $"Make a job that copies from {string.Join(", ", Source)} to {Target}"))
        {
            return;
        }

        WriteObject(Engine.Jobs.Create(new JobSettings
        {
            Name = Name,
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
        }));
    }
}
