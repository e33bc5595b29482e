using System.Management.Automation;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.PowerShell.ProgressBars;
using BackupCopy.Reporting;
using BackupCopy.Running;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Reads disk images into a restore point.</summary>
[Cmdlet(VerbsCommon.New, "BackupCopyRestorePoint", SupportsShouldProcess = true)]
[OutputType(typeof(RestorePointInfo))]
public sealed class NewBackupCopyRestorePointCommand : AsyncCmdlet
{
    private IReadOnlyList<string> _images = [];
    private IReadOnlyList<string> _attachments = [];

    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [NameOf(Named.Repository)]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    [ValidateNotNullOrEmpty]
    public string Repository { get; set; } = "";

    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [NameOf(Named.Machine)]
    [ArgumentCompleter(typeof(MachineCompleter))]
    [ValidateNotNullOrEmpty]
    public string Machine { get; set; } = "";

    [Parameter(Mandatory = true, Position = 2, ValueFromPipelineByPropertyName = true)]
    [Alias("FullName")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [NameOf(Named.Backup)]
    [ArgumentCompleter(typeof(BackupCompleter))]
    [ValidateNotNullOrEmpty]
    public string Backup { get; set; } = "Manual";

    [Parameter(ValueFromPipelineByPropertyName = true)]
    public DateTime? Time { get; set; }

    [Parameter]
    public SwitchParameter Raw { get; set; }

    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Attach { get; set; } = [];

    private protected override void Prepare()
    {
        _images = [.. Path.SelectMany(p => Files(p, "image"))];
        _attachments = [.. Attach.SelectMany(p => Files(p, "file"))];
    }

    private protected override async Task ProcessAsync(CancellationToken cancellationToken)
    {
        var images = string.Join(", ", _images);
        if (!await ConfirmAsync(Repository, $"Make a restore point of {Machine} from {images}"))
        {
            return;
        }

        var request = new NewRestorePoint
        {
            Repository = Repository,
            Machine = Machine,
            Images = _images,
            Raw = Raw,
            Attachments = _attachments,
            Backup = Backup,
            Time = Time,
        };
        await EmitAsync(await Engine.RestorePoints.CreateAsync(
            request, new SingleProgressDisplay(ShowProgress), cancellationToken));
    }

    private IEnumerable<string> Files(string path, string kind)
    {
        var exact = FullPath(path);
        if (File.Exists(exact) || !WildcardPattern.ContainsWildcardCharacters(path))
        {
            return [exact];
        }

        var found = GetResolvedProviderPathFromPSPath(path, out _);
        return found.Count > 0 ? found.Order(StringComparer.Ordinal) : throw new BackupCopyException(
            ErrorCode.ImageNotFound, $"No {kind} matches {path}.", $"Check the path: {exact}.");
    }
}
