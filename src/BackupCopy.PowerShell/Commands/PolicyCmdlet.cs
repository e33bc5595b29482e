using System.Management.Automation;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Running;
using BackupCopy.Running.Keeping;

namespace BackupCopy.PowerShell.Commands;

/// <summary>A cmdlet that takes a retention policy by parameters.</summary>
public abstract class PolicyCmdlet : AsyncCmdlet
{
    private protected const string ByPolicy = "Policy";

    [Parameter(ParameterSetName = ByPolicy)]
    public int? KeepPoints { get; set; }

    [Parameter(ParameterSetName = ByPolicy)]
    public int? KeepDays { get; set; }

    [Parameter(ParameterSetName = ByPolicy)]
    [ArgumentCompleter(typeof(WeeklyKeepCompleter))]
    [UnsetIsNull]
    [AllowEmptyString]
    public string? Weekly { get; set; }

    [Parameter(ParameterSetName = ByPolicy)]
    [ArgumentCompleter(typeof(WeekdayCompleter))]
    [UnsetIsNull]
    [AllowEmptyString]
    public string? WeeklyOn { get; set; }

    [Parameter(ParameterSetName = ByPolicy)]
    [ArgumentCompleter(typeof(MonthlyKeepCompleter))]
    [UnsetIsNull]
    [AllowEmptyString]
    public string? Monthly { get; set; }

    [Parameter(ParameterSetName = ByPolicy)]
    [ArgumentCompleter(typeof(MonthDayCompleter))]
    [UnsetIsNull]
    [AllowEmptyString]
    public string? MonthlyOn { get; set; }

    [Parameter(ParameterSetName = ByPolicy)]
    [ArgumentCompleter(typeof(QuarterlyKeepCompleter))]
    [UnsetIsNull]
    [AllowEmptyString]
    public string? Quarterly { get; set; }

    [Parameter(ParameterSetName = ByPolicy)]
    [ArgumentCompleter(typeof(QuarterDayCompleter))]
    [UnsetIsNull]
    [AllowEmptyString]
    public string? QuarterlyOn { get; set; }

    [Parameter(ParameterSetName = ByPolicy)]
    [ArgumentCompleter(typeof(YearlyKeepCompleter))]
    [UnsetIsNull]
    [AllowEmptyString]
    public string? Yearly { get; set; }

    [Parameter(ParameterSetName = ByPolicy)]
    [ArgumentCompleter(typeof(YearDayCompleter))]
    [UnsetIsNull]
    [AllowEmptyString]
    public string? YearlyOn { get; set; }

    [Parameter(ParameterSetName = ByPolicy)]
    [ArgumentCompleter(typeof(TimeZoneCompleter))]
    [UnsetIsNull]
    [AllowEmptyString]
    public string? TimeZone { get; set; }

    private protected RetentionSettings Policy => new()
    {
        KeepPoints = KeepPoints,
        KeepDays = KeepDays,
        Weekly = Weekly,
        WeeklyOn = WeeklyOn,
        Monthly = Monthly,
        MonthlyOn = MonthlyOn,
        Quarterly = Quarterly,
        QuarterlyOn = QuarterlyOn,
        Yearly = Yearly,
        YearlyOn = YearlyOn,
        TimeZone = TimeZone,
    };
}
