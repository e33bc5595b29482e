using System.Management.Automation;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Reporting;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Lists what sessions did machine by machine.</summary>
[Cmdlet(VerbsCommon.Get, "BackupCopyMachineTask")]
[OutputType(typeof(MachineTaskInfo))]
public sealed class GetBackupCopyMachineTaskCommand : BackupCopyCmdlet
{
    [Parameter(
        Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("SessionId")]
    [NameOf(Named.Session)]
    [ArgumentCompleter(typeof(SessionCompleter))]
    public Guid[] Session { get; set; } = [];

    private protected override void Process() =>
        ForEach(Session, id => WriteObject(Engine.Sessions.Get(id).Machines, enumerateCollection: true));
}
