using System.Management.Automation;
using BackupCopy.Jobs;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Reporting;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Lists what happened in sessions, oldest first.</summary>
[Cmdlet(VerbsCommon.Get, "BackupCopyEvent")]
[OutputType(typeof(SessionEventInfo))]
public sealed class GetBackupCopyEventCommand : BackupCopyCmdlet
{
    [Parameter(
        Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("SessionId")]
    [NameOf(Named.Session)]
    [ArgumentCompleter(typeof(SessionCompleter))]
    public Guid[] Session { get; set; } = [];

    [Parameter]
    public EventLevel Level { get; set; }

    [Parameter]
    [NameOf(Named.Machine)]
    [ArgumentCompleter(typeof(MachineCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Machine { get; set; } = [];

    private protected override void Process() => ForEach(Session, id =>
    {
        foreach (var happened in Engine.Sessions.Get(id).Events.Where(IsMeant))
        {
            WriteObject(happened);
        }
    });

    private bool IsMeant(SessionEventInfo happened) => happened.Level >= Level
        && (Machine.Length == 0 || Machine.Any(name => WildcardPattern.Get(name, WildcardOptions.IgnoreCase)
            .IsMatch(happened.Machine)));
}
