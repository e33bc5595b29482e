using System.Management.Automation;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Running.Keeping;
using BackupCopy.Running;

namespace BackupCopy.PowerShell.Commands;

public sealed partial class SetBackupCopyJobCommand
{
    [Parameter]
    public int? KeepPoints { get; set; }

    [Parameter]
    public int? KeepDays { get; set; }

    [Parameter]
    [ArgumentCompleter(typeof(WeeklyKeepCompleter))]
    [AllowEmptyString]
    public string? Weekly { get; set; }

    [Parameter]
    [ArgumentCompleter(typeof(WeekdayCompleter))]
    [AllowEmptyString]
    public string? WeeklyOn { get; set; }

    [Parameter]
    [ArgumentCompleter(typeof(MonthlyKeepCompleter))]
    [AllowEmptyString]
    public string? Monthly { get; set; }

    [Parameter]
    [ArgumentCompleter(typeof(MonthDayCompleter))]
    [AllowEmptyString]
    public string? MonthlyOn { get; set; }

    [Parameter]
    [ArgumentCompleter(typeof(QuarterlyKeepCompleter))]
    [AllowEmptyString]
    public string? Quarterly { get; set; }

    [Parameter]
    [ArgumentCompleter(typeof(QuarterDayCompleter))]
    [AllowEmptyString]
    public string? QuarterlyOn { get; set; }

    [Parameter]
    [ArgumentCompleter(typeof(YearlyKeepCompleter))]
    [AllowEmptyString]
    public string? Yearly { get; set; }

    [Parameter]
    [ArgumentCompleter(typeof(YearDayCompleter))]
    [AllowEmptyString]
    public string? YearlyOn { get; set; }

    [Parameter]
    [ArgumentCompleter(typeof(TimeZoneCompleter))]
    [AllowEmptyString]
    public string? TimeZone { get; set; }

    [Parameter]
    public SwitchParameter ReadEntirePoint { get; set; }

    [Parameter]
    [ArgumentCompleter(typeof(FullDayCompleter))]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public string[]? ActiveFullOn { get; set; }

    [Parameter]
    [Duration]
    [ArgumentCompleter(typeof(DaysCompleter))]
    public TimeSpan? RemoveDeletedAfter { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    private RetentionSettings Retention => new()
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
        ReadEntirePoint = IsGiven(nameof(ReadEntirePoint)) ? ReadEntirePoint : null,
        ActiveFullOn = ActiveFullOn,
        RemoveDeletedAfter = RemoveDeletedAfter,
        Force = Force,
    };
}
