using System.Globalization;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Retention;

namespace BackupCopy.PowerShell;

/// <summary>
/// Values as people read them, for the views and for progress: the views' script blocks can count on no other
/// module being there.
/// </summary>
public static partial class Display
{
    /// <summary>A size with three digits, such as 1.25 GB; a KB is 1,024 bytes as in PowerShell.</summary>
    public static string Size(long bytes) => ReadableText.Size(bytes, CultureInfo.CurrentCulture);

    /// <summary>A size, or nothing where there is none to speak of.</summary>
    public static string SizeOrBlank(long bytes) => bytes == 0 ? "" : Size(bytes);

    /// <summary>A size, or nothing where nobody knows it.</summary>
    public static string SizeIfKnown(long? bytes) => bytes is { } known ? Size(known) : "";

    /// <summary>A rate such as 350 MB/s; no limit for 0.</summary>
    public static string Limit(long bytesPerSecond) =>
        bytesPerSecond == 0 ? "none" : Size(bytesPerSecond) + "/s";

    /// <summary>A number, or none for 0.</summary>
    public static string NumberOrNone(int number) =>
        number == 0 ? "none" : number.ToString(CultureInfo.CurrentCulture);

    /// <summary>A port, or the usual one for 0.</summary>
    public static string Port(int port) =>
        port == 0 ? "the usual one" : port.ToString(CultureInfo.InvariantCulture);

    /// <summary>A time of the day, or nothing.</summary>
    public static string TimeOfDay(TimeOnly? time) =>
        time?.ToString("HH:mm", CultureInfo.InvariantCulture) ?? "";

    /// <summary>A duration by its two largest units, such as 1h 05m.</summary>
    public static string Duration(TimeSpan span) =>
        ReadableText.Duration(span, CultureInfo.CurrentCulture);

    /// <summary>How far something is behind; nothing when it is not, unknown for null.</summary>
    public static string Lag(TimeSpan? span) =>
        span is not { } behind ? "unknown" : behind <= TimeSpan.Zero ? "" : Duration(behind);

    /// <summary>The tiers of long retention by their letters, such as WM.</summary>
    public static string Gfs(IEnumerable<GfsTier> tiers) => string.Concat(tiers.Select(t => t.ToString()[0]));

    /// <summary>The tiers of a point's flags by their letters, such as WM.</summary>
    public static string Flags(IEnumerable<GfsFlag> flags) => Gfs(flags.Select(f => f.Tier));

    /// <summary>Points in one cell by day and flags, the newest first: the cell may be cut.</summary>
    public static string Points(IReadOnlyList<RetainedPoint> points) => string.Join(
        ", ", points.Reverse().Select(p => $"{p.Date:yyyy-MM-dd} {Flags(p.Flags)}".TrimEnd()));

    /// <summary>When a restore point goes: held, now, a day, or nothing where that is not known.</summary>
    public static string Removal(RestorePointInfo point) => point switch
    {
        { IsHeld: true } => "held",
        { GoesNow: true } => "now",
        _ => point.ExpectedRemoval?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "",
    };

    /// <summary>The job that keeps a backup, or that its job is not in this catalog.</summary>
    public static string JobOf(BackupInfo backup) => backup.IsOrphaned ? "(orphaned)" : backup.Job;

    /// <summary>Whole days, or never.</summary>
    public static string Days(TimeSpan? span) => span is { } days ? $"{days.Days}d" : "never";

    /// <summary>How many things there are.</summary>
    public static int Count(System.Collections.ICollection things) => things.Count;

    /// <summary>Things of which each says what it is, one a line.</summary>
    public static string Lines(IEnumerable<object> things) => string.Join(Environment.NewLine, things);

    /// <summary>A forecast: what is kept at most, and the points of its last day.</summary>
    public static string Forecast(RetentionForecastInfo forecast) =>
        string.Join(Environment.NewLine, forecast.Title, $"{Span(forecast)}, then:", forecast.Calendar);

    /// <summary>The days of a forecast, and what is kept at most in them.</summary>
    internal static string Span(RetentionForecastInfo forecast)
    {
        var bytes = forecast.MostBytes > 0 ? $", {Size(forecast.MostBytes)}" : "";
        return $"At most {forecast.MostPoints} points{bytes} from {forecast.Days[0].Date:yyyy-MM-dd} to "
            + $"{forecast.Days[^1].Date:yyyy-MM-dd}";
    }

    /// <summary>What is asked before a change: of what, and what becomes different.</summary>
    internal static string Change(string thing, IReadOnlyList<string> changes) =>
        changes.Count == 0 ? $"Change the {thing}" : $"Change the {thing}: {string.Join("; ", changes)}";

    /// <summary>Names in one cell.</summary>
    public static string Names(IEnumerable<string> names) => string.Join(", ", names);

    /// <summary>A result in its colour, which PowerShell takes away where there is no terminal.</summary>
    public static string Result(SessionResult result) => result switch
    {
        SessionResult.None => "",
        SessionResult.Success => Coloured(32, result),
        SessionResult.Failed => Coloured(31, result),
        _ => Coloured(33, result),
    };

    /// <summary>The result, or where the work stands while there is none.</summary>
    public static string Outcome(SessionResult result, SessionState state) =>
        result == SessionResult.None ? state.ToString() : Result(result);

    /// <summary>The result of a session, or while it runs its phase or what it waits for.</summary>
    public static string Outcome(SessionInfo session) => session switch
    {
        { EndTime: not null } => Result(session.Result),
        { State: SessionState.Working } => session.Phase.ToString(),
        _ => session.State.ToString(),
    };

    /// <summary>The result of a machine, or while it runs how far it is or what it waits for.</summary>
    public static string Outcome(MachineTaskInfo task) =>
        task is { Result: SessionResult.None, State: SessionState.Working, TotalBytes: > 0 }
            ? $"{task.PercentComplete}%" : Outcome(task.Result, task.State);

    /// <summary>What a job does, in the few letters that a table has for it.</summary>
    public static string State(JobState state) => state switch
    {
        JobState.WaitingForRestorePoint => "Waiting: point",
        JobState.WaitingForWindow => "Waiting: window",
        JobState.WaitingForLock => "Waiting: lock",
        JobState.WaitingForRepository => "Waiting: repo",
        JobState.WaitingForConfirmation => "Went back",
        _ => state.ToString(),
    };

    /// <summary>The job of a setting, or that it is that of all.</summary>
    public static string JobOf(LookForwardInfo setting) =>
        setting.Job.Length > 0 ? setting.Job : "(all others)";

    /// <summary>A duration as it is typed, or nothing.</summary>
    public static string Span(TimeSpan? span) => span is { } given ? DurationText.Of(given) : "";

    /// <summary>The weekdays, or every so many sessions.</summary>
    public static string ScriptsRun(JobInfo job) =>
        job.ScriptOn.Count > 0 ? string.Join(", ", job.ScriptOn)
        : job.ScriptEvery is > 1 ? $"every {job.ScriptEvery} sessions" : "every session";

    /// <summary>Whether a job looks forward, and who says so.</summary>
    public static string LookForward(JobInfo job) =>
        $"{job.LookForward}{(job.IsLookForwardInherited ? " (for all jobs)" : "")}";

    /// <summary>A level, coloured where it asks for attention.</summary>
    public static string Level(EventLevel level) => level switch
    {
        EventLevel.Error => Coloured(31, level),
        EventLevel.Warning => Coloured(33, level),
        _ => level.ToString(),
    };

    /// <summary>Tiers of long retention in one cell.</summary>
    public static string Tiers(IEnumerable<GfsTier> tiers) => string.Join(", ", tiers);

    /// <summary>Disks with their sizes, one a line.</summary>
    public static string Disks(IEnumerable<DiskInfo> disks) => string.Join(
        Environment.NewLine,
        disks.Select(disk => $"{disk.Name} ({Size(disk.SizeBytes)}, {Size(disk.UsedBytes)} used)"));

    /// <summary>How many findings there are, and the first one.</summary>
    public static string Damage(IReadOnlyList<string> findings) =>
        findings.Count == 0 ? "none" : $"{findings.Count}: {findings[0]}";

    private static string Coloured(int colour, Enum word) => $"\u001b[{colour}m{word}\u001b[0m";
}
