using System.Management.Automation;
using BackupCopy.Blocks;
using BackupCopy.Format;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Reporting;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Makes a repository in a new or empty folder and adds it to the catalog.</summary>
[Cmdlet(VerbsCommon.New, "BackupCopyRepository", SupportsShouldProcess = true)]
[OutputType(typeof(RepositoryInfo))]
public sealed class NewBackupCopyRepositoryCommand : BackupCopyCmdlet
{
    private const int UsualBlockSizeBytes = 512 * 1024;

    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(BlockSizeCompleter))]
    public int BlockSize { get; set; } = UsualBlockSizeBytes;

    [Parameter(ValueFromPipelineByPropertyName = true)]
    public Compression Compression { get; set; } = Compression.Default;

    [Parameter(ValueFromPipelineByPropertyName = true)]
    public ReleaseMode? ReleaseMode { get; set; }

    private protected override void Process()
    {
        var path = FullPath(Path);
        Engine.Repositories.CheckCreate(Name, path, BlockSize);
        if (ShouldProcess(path, $"Make the repository {Name}"))
        {
            WriteObject(Engine.Repositories.Create(Name, path, BlockSize, Compression, ReleaseMode));
        }
    }
}
