using System.Globalization;
using BackupCopy.Jobs;

namespace BackupCopy.Tests.Jobs;

/// <summary>When intervals begin and end: tables of definitions and times.</summary>
public sealed class IntervalClockTests
{
    private const string Berlin = "Europe/Berlin";

    [Fact]
    public void Hours_follow_each_other_back_to_back_from_the_first_run()
    {
        var job = Job("4h");
        var starts = Walk(job, "2026-11-01T12:00", 4);
        Assert.Equal(
            ["2026-11-01T12:00", "2026-11-01T16:00", "2026-11-01T20:00", "2026-11-02T00:00"], starts);
    }

    [Fact]
    public void The_first_day_begins_at_once_and_ends_at_the_clock_time() => Assert.Equal(
        ["2026-11-01T12:00", "2026-11-02T08:00", "2026-11-03T08:00"],
        Walk(Job("1d", "08:00"), "2026-11-01T12:00", 3));

    [Fact]
    public void Days_are_counted_from_the_day_of_the_first_run() => Assert.Equal(
        ["2026-11-01T12:00", "2026-11-08T08:00", "2026-11-15T08:00"],
        Walk(Job("7d", "08:00"), "2026-11-01T12:00", 3));

    [Theory]
    // Summer time began on 2026-03-29 at 02:00, ended on 2026-10-25 at 03:00; the zone is one and two hours
    // ahead of UTC.
    [InlineData("22:00", "2026-03-28T20:00", "2026-03-28T21:00 2026-03-29T20:00 2026-03-30T20:00")]
    [InlineData("02:30", "2026-03-28T00:00", "2026-03-28T01:30 2026-03-29T01:00 2026-03-30T00:30")]
    [InlineData("02:30", "2026-10-24T00:00", "2026-10-24T00:30 2026-10-25T00:30 2026-10-26T01:30")]
    public void A_clock_that_is_changed_moves_the_boundary_with_it(
        string at, string first, string boundaries) =>
        Assert.Equal(boundaries.Split(' '), Walk(Job("1d", at, Berlin), first, 4)[1..]);

    [Theory]
    // Who was there at the boundary keeps the grid however late it is; who was not counts from now.
    [InlineData("4h", "", "2026-11-01T21:30", false, "2026-11-01T20:00", "2026-11-02T00:00")]
    [InlineData("4h", "", "2026-11-01T21:30", true, "2026-11-01T21:30", "2026-11-02T01:30")]
    [InlineData("1d", "08:00", "2026-11-05T09:30", true, "2026-11-05T08:00", "2026-11-06T08:00")]
    [InlineData("1d", "08:00", "2026-11-05T09:30", false, "2026-11-05T08:00", "2026-11-06T08:00")]
    public void Missed_boundaries_are_skipped_and_not_replayed(
        string every, string at, string now, bool restart, string start, string end)
    {
        var job = Job(every, at);
        var run = IntervalClock.Begin(job, New(job), Utc("2026-11-01T12:00"), SessionTrigger.Schedule, false);
        var next = IntervalClock.Begin(job, run, Utc(now), SessionTrigger.Schedule, restart).Interval!;
        Assert.Equal((start, end), (Text(next.StartUtc), Text(next.EndUtc)));
    }

    [Theory]
    [InlineData("4h", "", "2026-11-01T13:00", "2026-11-01T17:00")]
    [InlineData("1d", "08:00", "2026-11-01T13:00", "2026-11-02T08:00")]
    public void What_is_asked_for_begins_now(string every, string at, string now, string end)
    {
        var job = Job(every, at);
        var run = IntervalClock.Begin(job, New(job), Utc("2026-11-01T12:00"), SessionTrigger.Schedule, false);
        var next = IntervalClock.Begin(job, run, Utc(now), SessionTrigger.Manual, false).Interval!;
        Assert.Equal((now, end), (Text(next.StartUtc), Text(next.EndUtc)));
        var after = IntervalClock.Begin(
            job, run with { Interval = next }, Utc(end), SessionTrigger.Schedule, false).Interval!;
        Assert.Equal(end, Text(after.StartUtc));
    }

    [Theory]
    [InlineData("4h", "8h", "2026-11-01T20:00")]
    [InlineData("8h", "4h", "2026-11-01T16:00")]
    [InlineData("8h", "1h", "2026-11-01T14:00")]
    [InlineData("4h", "1d", "2026-11-02T00:00")]
    public void A_changed_interval_counts_for_the_one_that_runs(string before, string after, string end)
    {
        var run = IntervalClock.Begin(
            Job(before), New(Job(before)), Utc("2026-11-01T12:00"), SessionTrigger.Schedule, false);
        var changed = IntervalClock.Follow(Job(after), run, Utc("2026-11-01T13:30"));
        Assert.Equal(
            ("2026-11-01T12:00", end),
            (Text(changed.Interval!.StartUtc), Text(changed.Interval.EndUtc)));
        Assert.Same(changed, IntervalClock.Follow(Job(after), changed, Utc("2026-11-01T13:40")));
    }

    [Fact]
    public void A_job_without_interval_looks_back_without_limit_and_has_no_end()
    {
        var job = Job(null);
        var interval = IntervalClock.Begin(
            job, New(job), Utc("2026-11-01T12:00"), SessionTrigger.Manual, false).Interval!;
        Assert.Equal((null, null), (interval.EndUtc, interval.LengthLookedBack));
    }

    [Fact]
    public void A_clock_set_back_does_not_replay_an_interval()
    {
        var job = Job("1d", "22:00");
        var run = IntervalClock.Begin(job, New(job), Utc("2026-11-05T22:00"), SessionTrigger.Schedule, false);
        Assert.Equal("2026-11-06T22:00", Text(run.Interval!.EndUtc));
        var end = IntervalClock.EndOf(
            job, run.Interval.StartUtc, run.AnchorDate!.Value, Utc("2026-11-05T03:00"));
        Assert.Equal("2026-11-06T22:00", Text(end));
    }

    [Theory]
    [InlineData("0s", "")]
    [InlineData("59s", "")]
    [InlineData("3650d", "")]
    [InlineData("4h", "22:00")]
    public void An_interval_that_cannot_be_is_refused(string every, string at) => Assert.Equal(
        ErrorCode.InvalidArgument,
        Assert.Throws<BackupCopyException>(() => Job(every, at).Schedule.Validate("UTC")).Code);

    private static List<string> Walk(JobDefinition job, string first, int count)
    {
        var run = New(job);
        var now = Utc(first);
        var starts = new List<string>();
        for (var i = 0; i < count; i++)
        {
            run = IntervalClock.Begin(job, run, now, SessionTrigger.Schedule, restartGrid: false);
            starts.Add(Text(run.Interval!.StartUtc));
            now = run.Interval.EndUtc!.Value;
        }

        return starts;
    }

    private static JobRun New(JobDefinition job) => new() { JobId = job.Id };

    private static JobDefinition Job(string? every, string at = "", string zone = "UTC") => new()
    {
        Id = Guid.NewGuid(),
        Name = "Nightly",
        TargetRepositoryId = Guid.NewGuid(),
        SourceRepositoryIds = [Guid.NewGuid()],
        CreatedUtc = DateTime.UnixEpoch,
        Schedule = new JobSchedule
        {
            Every = every is null ? null : Span(every),
            At = at.Length == 0 ? default : TimeOnly.Parse(at, CultureInfo.InvariantCulture),
        },
        Retention = new JobRetention { TimeZone = zone },
    };

    private static TimeSpan Span(string text)
    {
        var number = int.Parse(text[..^1], CultureInfo.InvariantCulture);
        return text[^1] switch
        {
            's' => TimeSpan.FromSeconds(number),
            'h' => TimeSpan.FromHours(number),
            _ => TimeSpan.FromDays(number),
        };
    }

    private static DateTime Utc(string text) =>
        DateTime.SpecifyKind(DateTime.Parse(text, CultureInfo.InvariantCulture), DateTimeKind.Utc);

    private static string Text(DateTime? time) => $"{time:yyyy-MM-ddTHH:mm}";
}
