using System.Management.Automation;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Reporting;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Lists repositories.</summary>
[Cmdlet(VerbsCommon.Get, "BackupCopyRepository")]
[OutputType(typeof(RepositoryInfo))]
public sealed class GetBackupCopyRepositoryCommand : BackupCopyCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Repository")]
    [NameOf(Named.Repository)]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    private protected override void Process() =>
        ForEach(Name, name => WriteObject(RepositoriesNamed(name), enumerateCollection: true));
}
