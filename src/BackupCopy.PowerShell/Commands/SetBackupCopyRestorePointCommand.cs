using System.Management.Automation;
using BackupCopy.Reporting;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Holds restore points, so that nothing removes them, or releases them.</summary>
[Cmdlet(
    VerbsCommon.Set, "BackupCopyRestorePoint",
    SupportsShouldProcess = true, DefaultParameterSetName = Holding)]
[OutputType(typeof(RestorePointInfo))]
public sealed class SetBackupCopyRestorePointCommand : BackupCopyCmdlet
{
    private const string Holding = "Hold";
    private const string Releasing = "Release";

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public RestorePointInfo[] RestorePoint { get; set; } = [];

    [Parameter(Mandatory = true, ParameterSetName = Holding)]
    public SwitchParameter Hold { get; set; }

    [Parameter(ParameterSetName = Holding)]
    [ValidateNotNullOrEmpty]
    public string? Reason { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = Releasing)]
    public SwitchParameter Release { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void Process() => ForEach(RestorePoint, Change);

    private void Change(RestorePointInfo point)
    {
        var hold = ParameterSetName == Holding ? Hold.IsPresent : !Release.IsPresent;
        var target = $"{point.Machine} of {point.Time:yyyy-MM-dd HH:mm:ss} in {point.Repository}";
        if (!ShouldProcess(target, hold ? "Hold the restore point" : "Release the restore point"))
        {
            return;
        }

        try
        {
            var changed = Engine.RestorePoints.SetHold(point, hold, Reason);
            if (PassThru)
            {
                WriteObject(changed);
            }
        }
        catch (BackupCopyException exception) when (exception.Code != ErrorCode.InvalidArgument)
        {
            throw exception.OfPoint(point);
        }
    }
}
