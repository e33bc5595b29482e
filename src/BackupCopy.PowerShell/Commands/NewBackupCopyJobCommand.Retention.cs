using System.Management.Automation;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Running.Keeping;
using BackupCopy.Running;

namespace BackupCopy.PowerShell.Commands;

public sealed partial class NewBackupCopyJobCommand
{
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public int? KeepPoints { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    public int? KeepDays { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(WeeklyKeepCompleter))]
    [AllowEmptyString]
    public string? Weekly { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(WeekdayCompleter))]
    [AllowEmptyString]
    public string? WeeklyOn { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(MonthlyKeepCompleter))]
    [AllowEmptyString]
    public string? Monthly { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(MonthDayCompleter))]
    [AllowEmptyString]
    public string? MonthlyOn { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(QuarterlyKeepCompleter))]
    [AllowEmptyString]
    public string? Quarterly { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(QuarterDayCompleter))]
    [AllowEmptyString]
    public string? QuarterlyOn { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(YearlyKeepCompleter))]
    [AllowEmptyString]
    public string? Yearly { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(YearDayCompleter))]
    [AllowEmptyString]
    public string? YearlyOn { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(TimeZoneCompleter))]
    [AllowEmptyString]
    public string? TimeZone { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    public SwitchParameter ReadEntirePoint { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(FullDayCompleter))]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public string[]? ActiveFullOn { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Duration]
    [ArgumentCompleter(typeof(DaysCompleter))]
    public TimeSpan? RemoveDeletedAfter { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    // What is typed beats what a job of the pipeline brings along: that one may count the other way.
    private RetentionSettings Retention => new()
    {
        KeepPoints = IsBeaten(nameof(KeepPoints), nameof(KeepDays)) ? null : KeepPoints,
        KeepDays = IsBeaten(nameof(KeepDays), nameof(KeepPoints)) ? null : KeepDays,
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

    private bool IsBeaten(string parameter, string other) => IsTyped(other) && !IsTyped(parameter);
}
