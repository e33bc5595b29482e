using System.Management.Automation;
using BackupCopy.Blocks;
using BackupCopy.Format;
using BackupCopy.Jobs;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Reporting;

namespace BackupCopy.PowerShell.Commands;

/// <summary>
/// Makes a repository in a new or empty folder, or takes a folder of images as one, and adds it to the
/// catalog.
/// </summary>
[Cmdlet(
    VerbsCommon.New, "BackupCopyRepository", SupportsShouldProcess = true,
    DefaultParameterSetName = OfPoints)]
[OutputType(typeof(RepositoryInfo))]
public sealed class NewBackupCopyRepositoryCommand : BackupCopyCmdlet
{
    private const string OfPoints = "RestorePoints";
    private const string OfImages = "Images";
    private const int UsualBlockSizeBytes = 512 * 1024;

    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    [Parameter(ParameterSetName = OfPoints, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(BlockSizeCompleter))]
    public int BlockSize { get; set; } = UsualBlockSizeBytes;

    [Parameter(ParameterSetName = OfPoints, ValueFromPipelineByPropertyName = true)]
    public Compression Compression { get; set; } = Compression.Default;

    [Parameter(ParameterSetName = OfPoints, ValueFromPipelineByPropertyName = true)]
    public ReleaseMode? ReleaseMode { get; set; }

    [Parameter(ParameterSetName = OfImages)]
    public SwitchParameter Images { get; set; }

    [Parameter(ParameterSetName = OfImages)]
    [ArgumentCompleter(typeof(ImagePatternCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Pattern { get; set; } = [];

    [Parameter(ParameterSetName = OfImages)]
    public SwitchParameter Raw { get; set; }

    [Parameter(ParameterSetName = OfImages)]
    [Duration]
    [ArgumentCompleter(typeof(SettleTimeCompleter))]
    public TimeSpan SettleTime { get; set; } = ImageFolderSettings.DefaultSettleTime;

    private protected override void Process()
    {
        var path = FullPath(Path);
        if (ParameterSetName == OfImages)
        {
            AddImages(path);
            return;
        }

        Engine.Repositories.CheckCreate(Name, path, BlockSize);
        if (ShouldProcess(path, $"Make the repository {Name}"))
        {
            WriteObject(Engine.Repositories.Create(Name, path, BlockSize, Compression, ReleaseMode));
        }
    }

    private void AddImages(string path)
    {
        if (!Images)
        {
            throw new BackupCopyException(
                ErrorCode.InvalidArgument, "-Pattern, -Raw and -SettleTime are for folders of images.",
                "Say -Images, or leave them out.");
        }

        var images = new ImageFolderSettings { Patterns = Pattern, Raw = Raw, SettleTime = SettleTime };
        var look = Engine.Repositories.CheckCreateImages(Name, path, images);
        foreach (var line in ImageFolderText.Lines(look))
        {
            WriteVerbose(line);
        }

        if (ImageFolderText.Trouble(look) is { } trouble)
        {
            WriteWarning(trouble);
        }

        var found = $"now {look.RestorePointCount} restore points of {look.MachineCount} machines";
        if (ShouldProcess(path, $"Take the folder of images as the repository {Name} ({found})"))
        {
            WriteObject(Engine.Repositories.CreateImages(Name, path, images));
        }
    }
}
