using System.Management.Automation;
using BackupCopy.Reporting;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Adds an existing repository to the catalog.</summary>
[Cmdlet(VerbsLifecycle.Register, "BackupCopyRepository", SupportsShouldProcess = true)]
[OutputType(typeof(RepositoryInfo))]
public sealed class RegisterBackupCopyRepositoryCommand : BackupCopyCmdlet
{
    [Parameter(
        Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("FullName")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    private protected override void Process()
    {
        var path = FullPath(Path);
        var action = Name is null ? "Register the repository" : $"Register the repository as {Name}";
        if (ShouldProcess(path, action))
        {
            WriteObject(Engine.Repositories.Register(path, Name));
        }
    }
}
