using System.Management.Automation;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Running.Upkeep;

namespace BackupCopy.PowerShell.Commands;

public abstract partial class JobCmdlet
{
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(FullDayCompleter))]
    [UnsetIsNull(IsList = true)]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public string[]? HealthCheckOn { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(FullDayCompleter))]
    [UnsetIsNull(IsList = true)]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public string[]? CompactOn { get; set; }

    private protected UpkeepSettings Upkeep => new()
    {
        HealthCheckOn = Given(HealthCheckOn),
        CompactOn = Given(CompactOn),
    };
}
