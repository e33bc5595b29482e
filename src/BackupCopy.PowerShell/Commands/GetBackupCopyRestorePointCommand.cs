using System.Management.Automation;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Reporting;
using BackupCopy.Running;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Lists restore points.</summary>
[Cmdlet(VerbsCommon.Get, "BackupCopyRestorePoint")]
[OutputType(typeof(RestorePointInfo))]
public sealed class GetBackupCopyRestorePointCommand : BackupCopyCmdlet
{
    [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [NameOf(Named.Repository)]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Repository { get; set; } = [];

    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [NameOf(Named.Machine)]
    [ArgumentCompleter(typeof(MachineCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Machine { get; set; } = [];

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [NameOf(Named.Backup)]
    [ArgumentCompleter(typeof(BackupCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Backup { get; set; } = [];

    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? Newest { get; set; }

    [Parameter]
    public DateTime? After { get; set; }

    [Parameter]
    public DateTime? Before { get; set; }

    [Parameter]
    public SwitchParameter IncludeIncomplete { get; set; }

    private protected override void Process()
    {
        var known = Repository.Where(name => IsPattern(name) || Exists(name)).ToArray();
        if (known.Length == 0 && Repository.Length > 0)
        {
            return;
        }

        var query = new RestorePointQuery
        {
            Repositories = known,
            Backups = Backup,
            Machines = Machine,
            Newest = Newest,
            After = After,
            Before = Before,
            IncludeIncomplete = IncludeIncomplete,
        };
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var point in Engine.RestorePoints.List(query, Unavailable))
        {
            seen.UnionWith([point.Machine, point.Backup, point.BackupFolder]);
            WriteObject(point);
        }

        ForEach(Machine.Where(name => !IsPattern(name) && !seen.Contains(name)), name => RefuseUnknown(
            query with { Machines = [name] }, ErrorCode.MachineNotFound, $"machine {name}"));
        ForEach(Backup.Where(name => !IsPattern(name) && !seen.Contains(name)), name => RefuseUnknown(
            query with { Backups = [name], Machines = [] }, ErrorCode.BackupNotFound, $"backup {name}"));
    }

    private bool Exists(string repository)
    {
        var found = false;
        Guard(() => found = Engine.Repositories.Get(repository) is not null, repository);
        return found;
    }

    private void Unavailable(BackupCopyException error)
    {
        // Asked for everything, a drive that is away is worth a word; asked for the drive, it is the answer.
        if (Repository.Length == 0)
        {
            WriteWarning($"{error.Message} {error.Remedy}");
        }
        else
        {
            WriteError(error.ToErrorRecord(Repository));
        }
    }

    /// <summary>A thing that is there but has no point in the wanted time is no error.</summary>
    private void RefuseUnknown(RestorePointQuery query, ErrorCode code, string thing)
    {
        var everything = query with { After = null, Before = null, Newest = 1, IncludeIncomplete = true };
        if (!Engine.RestorePoints.List(everything).Any())
        {
            throw new BackupCopyException(
                code,
                Repository.Length == 0
                    ? $"No repository has restore points of the {thing}."
                    : $"{string.Join(", ", Repository)} has no restore points of the {thing}.",
                "List what there is with Get-BackupCopyRestorePoint.");
        }
    }
}
