using System.Management.Automation;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Reporting;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Lists backups, the folders of jobs in repositories.</summary>
[Cmdlet(VerbsCommon.Get, "BackupCopyBackup")]
[OutputType(typeof(BackupInfo))]
public sealed class GetBackupCopyBackupCommand : BackupCopyCmdlet
{
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("Backup", "Folder")]
    [NameOf(Named.Backup)]
    [ArgumentCompleter(typeof(BackupCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [NameOf(Named.Repository)]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Repository { get; set; } = [];

    [Parameter]
    public SwitchParameter Orphaned { get; set; }

    [Parameter(ValueFromPipeline = true, DontShow = true)]
    public PSObject? InputObject { get; set; }

    private protected override void Process()
    {
        // The Name of a repository is none of a backup.
        var names = NameOfAttribute.TypeOf(InputObject) == "RepositoryInfo" && !IsTyped(nameof(Name))
            ? ["*"] : Name;
        var known = Repository.Where(name => IsPattern(name) || Exists(name)).ToArray();
        if (known.Length > 0 || Repository.Length == 0)
        {
            ForEach(names, name => Write(name, known));
        }
    }

    private void Write(string name, string[] repositories)
    {
        var isSomeAway = false;
        var found = Engine.Backups.List([name], repositories, error =>
        {
            isSomeAway = true;
            Unavailable(error);
        }).ToList();
        if (found.Count == 0 && !IsPattern(name) && !isSomeAway)
        {
            throw new BackupCopyException(
                ErrorCode.BackupNotFound, $"There is no backup {name}.",
                "List what there is with Get-BackupCopyBackup.");
        }

        WriteObject(found.Where(b => !Orphaned || b.IsOrphaned), enumerateCollection: true);
    }

    private bool Exists(string repository)
    {
        var found = false;
        Guard(() => found = Engine.Repositories.Get(repository) is not null, repository);
        return found;
    }

    // Asked for everything, a drive that is away is worth a word; asked for the drive, it is the answer.
    private void Unavailable(BackupCopyException error)
    {
        if (Repository.Length == 0)
        {
            WriteWarning($"{error.Message} {error.Remedy}");
        }
        else
        {
            WriteError(error.ToErrorRecord(Repository));
        }
    }
}
