using System.Management.Automation;
using BackupCopy.Jobs;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Running;

namespace BackupCopy.PowerShell.Commands;

public abstract partial class JobCmdlet
{
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Duration(BlankIsNone = true)]
    [ArgumentCompleter(typeof(DurationCompleter))]
    public TimeSpan? Every { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ClockTimeCompleter))]
    [UnsetIsNull]
    [AllowEmptyString]
    public string? At { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNull]
    public JobMode? Mode { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PeriodCompleter))]
    [UnsetIsNull(IsList = true)]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public string[]? Allow { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PeriodCompleter))]
    [UnsetIsNull(IsList = true)]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public string[]? Deny { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("MaxRateBytesPerSecond")]
    [Rate(BlankIsNull = true)]
    [ArgumentCompleter(typeof(RateCompleter))]
    public long? MaxRate { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [UnsetIsNull(IsList = true)]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public string[]? PreScript { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [UnsetIsNull(IsList = true)]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public string[]? PostScript { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Duration(BlankIsNone = true)]
    [ArgumentCompleter(typeof(DurationCompleter))]
    public TimeSpan? ScriptTimeout { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNull]
    public PreScriptFailure? OnPreScriptFailure { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNull]
    public int? ScriptEvery { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(WeekdayCompleter))]
    [UnsetIsNull(IsList = true)]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public string[]? ScriptOn { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [SwitchText]
    public SwitchParameter AllowHostedScript { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Duration(BlankIsNone = true)]
    [ArgumentCompleter(typeof(DurationCompleter))]
    public TimeSpan? RpoWarning { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [UnsetIsNull(IsList = true)]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public string[]? MailTo { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ReportOnCompleter))]
    [UnsetIsNull]
    [AllowEmptyString]
    public string? ReportOn { get; set; }

    private protected ControlSettings Control => new()
    {
        Every = IsMeant(nameof(Every)) ? Every : null,
        At = IsAtLeftOver ? null : Given(At),
        Mode = IsMeant(nameof(Mode)) ? Mode : null,
        Allow = Given(Allow),
        Deny = Given(Deny),
        MaxRateBytesPerSecond = IsMeant(nameof(MaxRate)) ? MaxRate : null,
        PreScript = WholePath(Given(PreScript)),
        PostScript = WholePath(Given(PostScript)),
        ScriptTimeout = IsMeant(nameof(ScriptTimeout)) ? ScriptTimeout : null,
        OnPreScriptFailure = IsMeant(nameof(OnPreScriptFailure)) ? OnPreScriptFailure : null,
        ScriptEvery = IsBeaten(nameof(ScriptEvery), nameof(ScriptOn)) ? null : ScriptEvery,
        ScriptOn = IsBeaten(nameof(ScriptOn), nameof(ScriptEvery)) ? null : ScriptOn,
        AllowHostedScript = IsMeant(nameof(AllowHostedScript)) ? AllowHostedScript : null,
        RpoWarning = IsMeant(nameof(RpoWarning)) ? RpoWarning : null,
        MailTo = Given(MailTo),
        ReportOn = Given(ReportOn),
    };

    // What is typed beats the start time that an object of the pipeline brings: it may leave no room for it.
    private bool IsAtLeftOver => IsTyped(nameof(Every)) && !IsTyped(nameof(At))
        && Every?.Ticks % TimeSpan.TicksPerDay != 0;

    private string[]? WholePath(string[]? script) =>
        script is not [{ Length: > 0 } path, ..] ? script : [FullPath(path), .. script[1..]];
}
