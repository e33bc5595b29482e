using System.Management.Automation;
using BackupCopy.Format;
using BackupCopy.Jobs;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Reporting;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Changes what the catalog knows of a repository, and how its space returns.</summary>
[Cmdlet(VerbsCommon.Set, "BackupCopyRepository", SupportsShouldProcess = true)]
[OutputType(typeof(RepositoryInfo))]
public sealed class SetBackupCopyRepositoryCommand : BackupCopyCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Repository")]
    [NameOf(Named.Repository)]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? NewName { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    [Parameter]
    public int? MaxTasks { get; set; }

    [Parameter]
    [Rate]
    [ArgumentCompleter(typeof(RateCompleter))]
    public long? MaxRate { get; set; }

    [Parameter]
    public ReleaseMode? ReleaseMode { get; set; }

    [Parameter]
    [ArgumentCompleter(typeof(ImagePatternCompleter))]
    [AllowEmptyCollection]
    public string[]? Pattern { get; set; }

    [Parameter]
    public SwitchParameter Raw { get; set; }

    [Parameter]
    [Duration]
    [ArgumentCompleter(typeof(SettleTimeCompleter))]
    public TimeSpan? SettleTime { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void Process() => ForEach(Name, Change);

    private void Change(string name)
    {
        var path = Path is null ? null : FullPath(Path);
        var isRawGiven = MyInvocation.BoundParameters.ContainsKey(nameof(Raw));
        var images = new ImageFolderChange(Pattern, isRawGiven ? Raw.IsPresent : null, SettleTime);
        var changes = Engine.Repositories.CheckUpdate(
            name, NewName, path, MaxTasks, MaxRate, ReleaseMode, images);
        if (!ShouldProcess(name, Display.Change("repository", changes)))
        {
            return;
        }

        var changed = Engine.Repositories.Update(
            name, NewName, path, MaxTasks, MaxRate, ReleaseMode, images);
        if (PassThru)
        {
            WriteObject(changed);
        }
    }
}
