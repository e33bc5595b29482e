using System.Globalization;
using BackupCopy.Jobs;
using BackupCopy.Running.Delivery;

namespace BackupCopy.Running;

/// <summary>
/// What may be said of when a job runs and transfers, of its scripts and reports; null leaves a value as it
/// is, and an empty text or list removes it. What cannot be carried out is refused as a whole.
/// </summary>
public sealed record ControlSettings
{
    /// <summary>Removes a time span.</summary>
    public static TimeSpan None { get; } = Timeout.InfiniteTimeSpan;

    /// <summary>The most sessions between two runs of a script.</summary>
    public const int MostSessions = 9999;

    /// <summary>1 minute to 366 days; <see cref="None"/> for a job that is started by hand.</summary>
    public TimeSpan? Every { get; init; }

    /// <summary>Such as "22:00"; only for intervals of whole days. Empty is midnight.</summary>
    public string? At { get; init; }
    public JobMode? Mode { get; init; }

    /// <summary>Periods of the week; a text may hold several with a ; between them.</summary>
    public IReadOnlyList<string>? Allow { get; init; }
    public IReadOnlyList<string>? Deny { get; init; }

    /// <summary>0 for no limit.</summary>
    public long? MaxRateBytesPerSecond { get; init; }

    /// <summary>The absolute path of a script, then its arguments.</summary>
    public IReadOnlyList<string>? PreScript { get; init; }
    public IReadOnlyList<string>? PostScript { get; init; }

    /// <summary>1 second to 24 hours; <see cref="None"/> for the default.</summary>
    public TimeSpan? ScriptTimeout { get; init; }
    public PreScriptFailure? OnPreScriptFailure { get; init; }

    /// <summary>Sessions count from now on, and weekdays no more.</summary>
    public int? ScriptEvery { get; init; }

    /// <summary>Weekdays count from now on, and sessions no more.</summary>
    public IReadOnlyList<string>? ScriptOn { get; init; }
    public bool? AllowHostedScript { get; init; }

    /// <summary>1 minute or more; <see cref="None"/> for no warning.</summary>
    public TimeSpan? RpoWarning { get; init; }

    /// <summary>Mail addresses; a text may hold several with a ;. None for those of the settings.</summary>
    public IReadOnlyList<string>? MailTo { get; init; }

    /// <summary>The name of a <see cref="Jobs.ReportOn"/>; empty for that of the settings.</summary>
    public string? ReportOn { get; init; }

    /// <summary>The job with what is given, if that can be carried out.</summary>
    /// <exception cref="BackupCopyException"><see cref="ErrorCode.InvalidArgument"/>.</exception>
    internal JobDefinition Change(JobDefinition job)
    {
        if (this == new ControlSettings())
        {
            return job;
        }

        var schedule = Change(job.Schedule);
        schedule.Validate(job.Retention.TimeZone);
        return job with
        {
            Schedule = schedule,
            Scripts = Change(job.Scripts),
            Reports = Change(job.Reports),
        };
    }

    /// <summary>Throws when a script that is given is not there, or may be run by nobody.</summary>
    internal void CheckScripts()
    {
        ScriptFile.Check(Script(PreScript, null));
        ScriptFile.Check(Script(PostScript, null));
    }

    private JobSchedule Change(JobSchedule schedule)
    {
        var changed = schedule with
        {
            Every = Span(Every, schedule.Every),
            Mode = Mode ?? schedule.Mode,
            Allow = Several(Allow) ?? schedule.Allow,
            Deny = Several(Deny) ?? schedule.Deny,
            MaxRateBytesPerSecond = MaxRateBytesPerSecond ?? schedule.MaxRateBytesPerSecond,
        };
        if (!changed.CountsDays && At?.Trim() is { Length: > 0 } at)
        {
            throw Invalid(
                $"A start time ({at}) needs an interval of whole days.",
                "Give -Every in days, such as 1d, or leave -At out.");
        }

        // A start time says nothing of an interval of hours; it goes with the days.
        return changed with
        {
            At = !changed.CountsDays ? default : At is null ? schedule.At : Time(At.Trim()),
        };
    }

    private JobScripts Change(JobScripts scripts)
    {
        if (ScriptEvery is < 1 or > MostSessions)
        {
            throw Invalid(
                $"A script cannot run every {ScriptEvery} sessions.",
                $"Give ScriptEvery 1 to {MostSessions}.");
        }

        var days = ScriptOn?.SelectMany(text => text.Split([';', ','], TrimmedParts)).Select(Weekday)
            .Distinct().ToArray();
        if (ScriptEvery > 1 && days is { Length: > 0 })
        {
            throw Invalid(
                "Scripts cannot run by sessions and by weekdays.", "Give either ScriptEvery or ScriptOn.");
        }

        var timeout = Span(ScriptTimeout, scripts.Timeout) ?? JobScripts.DefaultTimeout;
        return timeout < TimeSpan.FromSeconds(1) || timeout > TimeSpan.FromDays(1)
            ? throw Invalid(
                $"A script cannot be ended after {DurationText.Of(timeout)}.",
                "Give ScriptTimeout 1s to 24h, such as 15m.")
            : scripts with
            {
                Pre = Script(PreScript, scripts.Pre),
                Post = Script(PostScript, scripts.Post),
                Timeout = timeout,
                OnPreFailure = OnPreScriptFailure ?? scripts.OnPreFailure,
                EverySessions = ScriptEvery ?? (days is { Length: > 0 } ? 1 : scripts.EverySessions),
                OnDays = days ?? (ScriptEvery is null ? scripts.OnDays : []),
                AllowHosted = AllowHostedScript ?? scripts.AllowHosted,
            };
    }

    private JobReports Change(JobReports reports)
    {
        var rpo = Span(RpoWarning, reports.RpoWarning);
        if (rpo < TimeSpan.FromMinutes(1))
        {
            throw Invalid(
                $"Nothing is copied within {DurationText.Of(rpo.Value)}.",
                "Give RpoWarning 1m or more, such as 26h, or an empty text for no warning.");
        }

        var to = Several(MailTo);
        if (to?.FirstOrDefault(address => !MailForm.IsAddress(address)) is { } wrong)
        {
            throw Invalid($"'{wrong}' is no mail address.", "Write addresses such as ops@example.org.");
        }

        return reports with
        {
            MailTo = to ?? reports.MailTo,
            ReportOn = ReportOn is null ? reports.ReportOn : Report(ReportOn.Trim()),
            RpoWarning = rpo,
        };
    }

    private const StringSplitOptions TrimmedParts =
        StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;

    private static string[]? Several(IReadOnlyList<string>? texts) =>
        texts?.SelectMany(text => text.Split(';', TrimmedParts)).ToArray();

    private static TimeSpan? Span(TimeSpan? given, TimeSpan? known) =>
        given is null ? known : given == None ? null : given;

    private static TimeOnly Time(string text)
    {
        if (text.Length == 0)
        {
            return default;
        }

        string[] forms = ["H:mm", "H:mm:ss"];
        var isTime = TimeOnly.TryParseExact(
            text, forms, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time);
        return isTime && time.Second == 0 ? time
            : throw Invalid($"'{text}' is no start time.", "Write hours and minutes, such as 22:00.");
    }

    private static DayOfWeek Weekday(string text)
    {
        foreach (var day in Enum.GetValues<DayOfWeek>())
        {
            if (text.Length >= 3 && day.ToString().StartsWith(text, StringComparison.OrdinalIgnoreCase))
            {
                return day;
            }
        }

        throw Invalid($"There is no weekday {text}.", "Write Sunday, Monday and so on.");
    }

    private static ReportOn? Report(string text) =>
        text.Length == 0 ? null
        : Enum.GetNames<ReportOn>().Contains(text, StringComparer.OrdinalIgnoreCase)
            ? Enum.Parse<ReportOn>(text, ignoreCase: true)
            : throw Invalid(
                $"'{text}' does not say when to report.",
                $"Write {string.Join(", ", Enum.GetNames<ReportOn>())}, or an empty text for the settings'.");

    private static JobScript? Script(IReadOnlyList<string>? given, JobScript? known) =>
        given is null ? known
        : given.Count == 0 || given[0].Trim().Length == 0 ? null
        : new JobScript(given[0], [.. given.Skip(1)]);

    private static BackupCopyException Invalid(string sentence, string remedy) =>
        new(ErrorCode.InvalidArgument, sentence, remedy);
}
