using System.Management.Automation;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Reporting;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Rescans repositories: looks at every file and rebuilds what can be rebuilt.</summary>
[Cmdlet(VerbsData.Update, "BackupCopyRepository", SupportsShouldProcess = true)]
[OutputType(typeof(RescanResult))]
public sealed class UpdateBackupCopyRepositoryCommand : AsyncCmdlet
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
    public SwitchParameter Deep { get; set; }

    private protected override Task ProcessAsync(CancellationToken cancellationToken) => ForEachAsync(
        Name, name => ForEachAsync(RepositoriesNamed(name), found => RescanAsync(found, cancellationToken)));

    private async Task RescanAsync(RepositoryInfo repository, CancellationToken cancellationToken)
    {
        if (!await ConfirmAsync(repository.Name, $"Rescan {repository.Path}"))
        {
            return;
        }

        ShowProgress(new ProgressRecord(1, $"Rescanning {repository.Name}", repository.Path));
        var result = Engine.Repositories.Rescan(repository.Name, cancellationToken, Deep);
        foreach (var finding in result.Damage.Concat(result.Skipped))
        {
            await WarnAsync($"{repository.Name}: {finding}");
        }

        await EmitAsync(result);
    }
}
