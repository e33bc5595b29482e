using System.Management.Automation;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Reporting;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Removes repositories from the catalog; their files stay.</summary>
[Cmdlet(VerbsLifecycle.Unregister, "BackupCopyRepository", SupportsShouldProcess = true)]
[OutputType(typeof(RepositoryInfo))]
public sealed class UnregisterBackupCopyRepositoryCommand : BackupCopyCmdlet
{
    [Parameter(
        Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Repository")]
    [NameOf(Named.Repository)]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void Process() =>
        ForEach(Name, name => ForEach(RepositoriesNamed(name), Forget));

    private void Forget(RepositoryInfo repository)
    {
        if (!ShouldProcess(
            repository.Name, $"Remove the repository from the catalog; its files stay in {repository.Path}"))
        {
            return;
        }

        Engine.Repositories.Unregister(repository.Name);
        Tell($"The repository {repository.Name} is forgotten; its files stay in {repository.Path}.");
        if (PassThru)
        {
            WriteObject(repository);
        }
    }
}
