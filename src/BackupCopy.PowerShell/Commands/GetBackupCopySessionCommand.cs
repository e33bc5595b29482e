using System.Management.Automation;
using BackupCopy.Jobs;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Reporting;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Lists the sessions of jobs, newest first.</summary>
[Cmdlet(VerbsCommon.Get, "BackupCopySession", DefaultParameterSetName = ByJob)]
[OutputType(typeof(SessionInfo))]
public sealed class GetBackupCopySessionCommand : BackupCopyCmdlet
{
    private const string ByJob = "Job";
    private const string ById = "Id";

    [Parameter(
        Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true,
        ParameterSetName = ByJob)]
    [NameOf(Named.Job)]
    [ArgumentCompleter(typeof(JobCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Job { get; set; } = [];

    [Parameter(ParameterSetName = ByJob)]
    [ValidateRange(1, int.MaxValue)]
    public int? Newest { get; set; }

    [Parameter(ParameterSetName = ByJob)]
    public DateTime? After { get; set; }

    [Parameter(ParameterSetName = ByJob)]
    public SessionResult? Result { get; set; }

    [Parameter(ParameterSetName = ByJob)]
    public SwitchParameter Running { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = ById)]
    [NameOf(Named.Session)]
    [ArgumentCompleter(typeof(SessionCompleter))]
    public Guid[] Id { get; set; } = [];

    private protected override void Process()
    {
        if (ParameterSetName == ById)
        {
            ForEach(Id, id => WriteObject(Engine.Sessions.Get(id)));
        }
        else if (Job.Length == 0)
        {
            List(null);
        }
        else
        {
            ForEach(Job, name => ForEach(JobsNamed(name), List));
        }
    }

    private void List(string? job) => WriteObject(
        Engine.Sessions.List(job, Newest, After, Result, Running), enumerateCollection: true);
}
