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
    private readonly List<RestorePointQuery> _asked = [];
    private readonly HashSet<string> _seen = new(StringComparer.OrdinalIgnoreCase);
    private bool _isSomeAway;

    [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [NameOf(Named.Repository, PassOver = new[] { "JobInfo" })]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Repository { get; set; } = [];

    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [NameOf(Named.Machine)]
    [ArgumentCompleter(typeof(MachineCompleter))]
    [SupportsWildcards]
    [NamesOrNone]
    public string[] Machine { get; set; } = [];

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Folder")]
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

    [Parameter(ValueFromPipeline = true, DontShow = true)]
    public PSObject? InputObject { get; set; }

    private protected override void Process()
    {
        if (IsTyped(nameof(Machine)) && Machine.Length == 0)
        {
            throw new BackupCopyException(
                ErrorCode.InvalidArgument, "An empty list names no machine.",
                "Name machines with -Machine, or leave it out for all.");
        }

        if (NameOfAttribute.TypeOf(InputObject) == "JobInfo")
        {
            List(BackupOf(InputObject!));
            return;
        }

        var known = Repository.Where(name => IsPattern(name) || Exists(name)).ToArray();
        if (known.Length == 0 && Repository.Length > 0)
        {
            return;
        }

        List(new RestorePointQuery { Repositories = known, Backups = Backup, Machines = Machine });
    }

    /// <summary>Only now is it certain that no repository of the pipeline has what was named.</summary>
    protected override void EndProcessing()
    {
        RefuseUnknown(ErrorCode.MachineNotFound, "machine", query => query.Machines, (query, name) =>
            query with { Machines = [name] });
        RefuseUnknown(ErrorCode.BackupNotFound, "backup", query => query.Backups, (query, name) =>
            query with { Backups = [name], Machines = [] });
    }

    // The machines of a job are those that it copies; its backup may hold others.
    private RestorePointQuery? BackupOf(PSObject job)
    {
        var name = (string)job.Properties[nameof(JobInfo.Name)].Value;
        string[] target = IsTyped(nameof(Repository))
            ? Repository : [(string)job.Properties[nameof(JobInfo.Target)].Value];
        var folders = Engine.Backups.List([], target, Unavailable)
            .Where(b => b.Job.Equals(name, StringComparison.OrdinalIgnoreCase))
            .Select(b => b.Folder).ToArray();
        return folders.Length == 0 ? null : new RestorePointQuery
        {
            Repositories = target,
            Backups = IsTyped(nameof(Backup)) ? Backup : folders,
            Machines = IsTyped(nameof(Machine)) ? Machine : [],
        };
    }

    private void List(RestorePointQuery? scope)
    {
        if (scope is null)
        {
            return;
        }

        var query = scope with
        {
            Newest = Newest,
            After = After,
            Before = Before,
            IncludeIncomplete = IncludeIncomplete,
        };
        _asked.Add(query);
        foreach (var point in Engine.RestorePoints.List(query, Unavailable))
        {
            _seen.UnionWith([point.Machine, point.Backup, point.BackupFolder]);
            WriteObject(point);
        }
    }

    private bool Exists(string repository)
    {
        var found = false;
        Guard(() => found = Engine.Repositories.Get(repository) is not null, repository);
        return found;
    }

    private void Unavailable(BackupCopyException error)
    {
        _isSomeAway = true;
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

    private void RefuseUnknown(
        ErrorCode code, string kind, Func<RestorePointQuery, IEnumerable<string>> names,
        Func<RestorePointQuery, string, RestorePointQuery> only)
    {
        var unknown = _asked.SelectMany(names).Where(name => !IsPattern(name) && !_seen.Contains(name))
            .Distinct(StringComparer.OrdinalIgnoreCase);
        // What is away may hold it.
        ForEach(_isSomeAway ? [] : unknown, name =>
        {
            if (!_asked.Exists(query => IsThere(only(query, name))))
            {
                throw new BackupCopyException(
                    code, $"There are no restore points of the {kind} {name}.",
                    "List what there is with Get-BackupCopyRestorePoint.");
            }
        });
    }

    // A thing that is there but has no point in the wanted time is no error.
    private bool IsThere(RestorePointQuery query) => Engine.RestorePoints
        .List(query with { After = null, Before = null, Newest = 1, IncludeIncomplete = true }).Any();
}
