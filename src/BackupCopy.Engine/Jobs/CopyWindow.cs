using System.Globalization;
using System.Text.RegularExpressions;
using BackupCopy.Retention;

namespace BackupCopy.Jobs;

/// <summary>Whether data may be transferred at a time, how fast, and until when that stays so.</summary>
/// <param name="RateBytesPerSecond">0 for no limit.</param>
/// <param name="UntilUtc">When it becomes different; null for never.</param>
internal readonly record struct WindowState(bool IsOpen, long RateBytesPerSecond, DateTime? UntilUtc);

/// <summary>
/// The week of a job, to the minute, in the job's zone: a pure function of the time. Allow and deny are lists
/// of periods such as <c>Mon-Fri 20:00-06:00</c> or <c>Sat,Sun at 20MB/s</c>; without an allow any time is
/// open, deny beats allow, and where several allow the lowest rate counts. The end of a period is outside of
/// it, and a period past midnight belongs to the day on which it begins.
/// </summary>
internal sealed partial class CopyWindow
{
    private const int MinutesADay = 24 * 60;
    private const int MinutesAWeek = 7 * MinutesADay;
    private const long Closed = -1;

    // By minute from Sunday 00:00: closed, 0 for no limit, or the rate.
    private readonly long[] _week;
    private readonly TimeZoneInfo _zone;

    private CopyWindow(long[] week, TimeZoneInfo zone)
    {
        _week = week;
        _zone = zone;
    }

    /// <exception cref="BackupCopyException">
    /// <see cref="ErrorCode.InvalidArgument"/>: a period that means nothing, a week that is never open, or a
    /// zone that this machine does not know.
    /// </exception>
    public static CopyWindow Parse(JobSchedule schedule, string timeZone)
    {
        var week = new long[MinutesAWeek];
        if (schedule.Allow.Count > 0)
        {
            Array.Fill(week, Closed);
            foreach (var text in schedule.Allow)
            {
                var period = Read(text);
                Fill(period, i => week[i] = week[i] == Closed ? period.Rate : Lower(week[i], period.Rate));
            }
        }

        foreach (var text in schedule.Deny)
        {
            var period = Read(text);
            if (period.Rate > 0)
            {
                throw Invalid(text, "a period in which nothing is transferred has no rate");
            }

            Fill(period, i => week[i] = Closed);
        }

        return week.All(rate => rate == Closed)
            ? throw new BackupCopyException(
                ErrorCode.InvalidArgument, "The window is never open: nothing could ever be copied.",
                "Leave out -Allow for any time, or let -Deny leave some of it.")
            : new CopyWindow(week, new RetentionPolicy { TimeZone = timeZone }.Zone());
    }

    /// <summary>
    /// The state at a time; whoever asks at <see cref="WindowState.UntilUtc"/> sees the next one.
    /// </summary>
    public WindowState At(DateTime utc)
    {
        var now = _week[Minute(utc)];
        return new WindowState(now != Closed, Math.Max(0, now), Change(utc, now));
    }

    /// <summary>Whether nothing at all may be transferred between the two times.</summary>
    public bool IsClosedAllOf(DateTime fromUtc, DateTime toUtc)
    {
        var state = At(fromUtc);
        return !state.IsOpen && (state.UntilUtc is not { } opens || opens >= toUtc);
    }

    private DateTime? Change(DateTime utc, long now)
    {
        var start = Minute(utc);
        var minutes = 1;
        while (minutes < MinutesAWeek && _week[(start + minutes) % MinutesAWeek] == now)
        {
            minutes++;
        }

        if (minutes == MinutesAWeek)
        {
            return null;
        }

        // The clock on the wall may be set forward or back before then: look minute by minute.
        var first = new DateTime(utc.Ticks - utc.Ticks % TimeSpan.TicksPerMinute, DateTimeKind.Utc);
        var guess = first.AddMinutes(minutes);
        if (_zone.GetUtcOffset(first) == _zone.GetUtcOffset(guess))
        {
            return guess;
        }

        var at = first.AddMinutes(1);
        while (_week[Minute(at)] == now)
        {
            at = at.AddMinutes(1);
        }

        return at;
    }

    private int Minute(DateTime utc)
    {
        var local = TimeZoneInfo.ConvertTimeFromUtc(DateTime.SpecifyKind(utc, DateTimeKind.Utc), _zone);
        return (int)local.DayOfWeek * MinutesADay + local.Hour * 60 + local.Minute;
    }

    private static long Lower(long one, long other) =>
        one == 0 ? other : other == 0 ? one : Math.Min(one, other);

    private static void Fill(Period period, Action<int> set)
    {
        foreach (var day in period.Days)
        {
            for (var i = 0; i < period.Minutes; i++)
            {
                set(((int)day * MinutesADay + period.Start + i) % MinutesAWeek);
            }
        }
    }

    private static Period Read(string text)
    {
        var match = Form().Match(text);
        if (!match.Success)
        {
            throw Invalid(text, "it is not of the form 'Mon-Fri 20:00-06:00'");
        }

        var rate = 0L;
        if (match.Groups["rate"].Success
            && (!RateText.TryParse(match.Groups["rate"].Value, out rate) || rate == 0))
        {
            throw Invalid(text, $"{match.Groups["rate"].Value} is no rate such as 20MB/s or 100Mbit/s");
        }

        var days = match.Groups["days"].Success ? Days(text, match.Groups["days"].Value)
            : Enum.GetValues<DayOfWeek>();
        if (!match.Groups["from"].Success)
        {
            return match.Groups["days"].Success || match.Groups["always"].Success
                ? new Period(days, 0, MinutesADay, rate)
                : throw Invalid(text, "it names neither days nor times");
        }

        var from = Time(text, match.Groups["from"].Value);
        var to = Time(text, match.Groups["to"].Value);
        return from == to || from == MinutesADay
            ? throw Invalid(text, "it begins when it ends; for whole days leave the times out")
            : new Period(days, from, to > from ? to - from : to - from + MinutesADay, rate);
    }

    private static int Time(string text, string time)
    {
        var parts = time.Split(':');
        var (hour, minute) = (
            int.Parse(parts[0], CultureInfo.InvariantCulture),
            int.Parse(parts[1], CultureInfo.InvariantCulture));
        return minute < 60 && (hour < 24 || (hour == 24 && minute == 0))
            ? hour * 60 + minute : throw Invalid(text, $"there is no time {time}");
    }

    private static IReadOnlyList<DayOfWeek> Days(string text, string days)
    {
        var found = new SortedSet<DayOfWeek>();
        foreach (var part in days.Split(',', StringSplitOptions.TrimEntries))
        {
            var ends = part.Split('-', StringSplitOptions.TrimEntries);
            var (day, last) = (Day(text, ends[0]), Day(text, ends[^1]));
            found.Add(day);
            while (day != last)
            {
                day = (DayOfWeek)(((int)day + 1) % 7);
                found.Add(day);
            }
        }

        return [.. found];
    }

    private static DayOfWeek Day(string text, string name)
    {
        foreach (var day in Enum.GetValues<DayOfWeek>())
        {
            if (name.Length >= 3 && day.ToString().StartsWith(name, StringComparison.OrdinalIgnoreCase))
            {
                return day;
            }
        }

        throw Invalid(text, $"there is no weekday {name}");
    }

    private static BackupCopyException Invalid(string text, string why) => new(
        ErrorCode.InvalidArgument, $"'{text}' is no period of a week: {why}.",
        "Write 'Mon-Fri 20:00-06:00', 'Sat,Sun', '22:00-05:00' or 'Mon-Fri 08:00-18:00 at 20MB/s'.");

    private sealed record Period(IReadOnlyList<DayOfWeek> Days, int Start, int Minutes, long Rate);

    [GeneratedRegex(
        @"^\s*(?:(?<always>any(?: ?time)?|always)|(?<days>[a-z]+(?:\s*[-,]\s*[a-z]+)*))?"
        + @"\s*(?:(?<from>[0-9]{1,2}:[0-9]{2})\s*-\s*(?<to>[0-9]{1,2}:[0-9]{2}))?"
        + @"(?:\s*\bat\s+(?<rate>.+?))?\s*$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Form();
}
