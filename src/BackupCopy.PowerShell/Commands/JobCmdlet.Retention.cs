using System.Management.Automation;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Running;
using BackupCopy.Running.Keeping;

namespace BackupCopy.PowerShell.Commands;

public abstract partial class JobCmdlet
{
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNull]
    public int? KeepPoints { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNull]
    public int? KeepDays { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(WeeklyKeepCompleter))]
    [UnsetIsNull]
    [AllowEmptyString]
    public string? Weekly { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(WeekdayCompleter))]
    [UnsetIsNull]
    [AllowEmptyString]
    public string? WeeklyOn { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(MonthlyKeepCompleter))]
    [UnsetIsNull]
    [AllowEmptyString]
    public string? Monthly { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(MonthDayCompleter))]
    [UnsetIsNull]
    [AllowEmptyString]
    public string? MonthlyOn { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(QuarterlyKeepCompleter))]
    [UnsetIsNull]
    [AllowEmptyString]
    public string? Quarterly { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(QuarterDayCompleter))]
    [UnsetIsNull]
    [AllowEmptyString]
    public string? QuarterlyOn { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(YearlyKeepCompleter))]
    [UnsetIsNull]
    [AllowEmptyString]
    public string? Yearly { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(YearDayCompleter))]
    [UnsetIsNull]
    [AllowEmptyString]
    public string? YearlyOn { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(TimeZoneCompleter))]
    [UnsetIsNull]
    [AllowEmptyString]
    public string? TimeZone { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [SwitchText]
    public SwitchParameter ReadEntirePoint { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(FullDayCompleter))]
    [UnsetIsNull(IsList = true)]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public string[]? ActiveFullOn { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Duration(BlankIsNull = true)]
    [ArgumentCompleter(typeof(DaysCompleter))]
    public TimeSpan? RemoveDeletedAfter { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    // What is typed beats what a job of the pipeline brings along: that one may count the other way.
    private protected RetentionSettings Retention => new()
    {
        KeepPoints = IsBeaten(nameof(KeepPoints), nameof(KeepDays)) ? null : KeepPoints,
        KeepDays = IsBeaten(nameof(KeepDays), nameof(KeepPoints)) ? null : KeepDays,
        Weekly = Given(Weekly),
        WeeklyOn = Given(WeeklyOn),
        Monthly = Given(Monthly),
        MonthlyOn = Given(MonthlyOn),
        Quarterly = Given(Quarterly),
        QuarterlyOn = Given(QuarterlyOn),
        Yearly = Given(Yearly),
        YearlyOn = Given(YearlyOn),
        TimeZone = Given(TimeZone),
        ReadEntirePoint = IsMeant(nameof(ReadEntirePoint)) ? ReadEntirePoint : null,
        ActiveFullOn = Given(ActiveFullOn),
        RemoveDeletedAfter = IsMeant(nameof(RemoveDeletedAfter)) ? RemoveDeletedAfter : null,
        Force = Force,
    };

    private bool IsBeaten(string parameter, string other) =>
        !IsMeant(parameter) || (IsTyped(other) && !IsTyped(parameter));
}
