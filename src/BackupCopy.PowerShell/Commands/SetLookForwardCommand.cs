using System.Management.Automation;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Reporting;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Says whether jobs look forward: all without a word of their own, or the named ones.</summary>
[Cmdlet(VerbsCommon.Set, "LookForward", SupportsShouldProcess = true, DefaultParameterSetName = ByValue)]
[Alias("Set-BackupCopyLookForward")]
[OutputType(typeof(LookForwardInfo))]
public sealed class SetLookForwardCommand : BackupCopyCmdlet
{
    private const string ByValue = "Value";
    private const string Inherited = "Inherit";

    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ByValue)]
    public bool Enabled { get; set; }

    [Parameter(
        ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ByValue)]
    [Parameter(
        Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true,
        ParameterSetName = Inherited)]
    [NameOf(Named.Job)]
    [ArgumentCompleter(typeof(JobCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Job { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = Inherited)]
    public SwitchParameter Inherit { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void Process()
    {
        // A switch that is given as off says nothing about what to do.
        if (ParameterSetName == Inherited && !Inherit)
        {
            throw new BackupCopyException(
                ErrorCode.InvalidArgument, "Nothing is said of what is to count for the job.",
                "Give -Enabled $true or $false, or -Inherit.");
        }

        var isOn = Inherit ? (bool?)null : Enabled;
        if (Job is null)
        {
            if (ShouldProcess("all jobs without a word of their own", Action(isOn)))
            {
                Show(Engine.Jobs.SetLookForward(Enabled));
            }

            return;
        }

        ForEach(Job, name => ForEach(JobsNamed(name), job =>
        {
            var known = Engine.Jobs.LookForward(job);
            if (ShouldProcess(known.Job, Action(isOn)))
            {
                Show(Engine.Jobs.SetLookForward(known.Job, isOn));
            }
        }));
    }

    private static string Action(bool? isOn) => isOn switch
    {
        true => "Copy only points that are created after the interval began",
        false => "Copy points from up to one interval before the interval began too",
        null => "Look forward as the global setting says",
    };

    private void Show(LookForwardInfo changed)
    {
        if (PassThru)
        {
            WriteObject(changed);
        }
    }
}
