namespace BackupCopy.Jobs;

/// <summary>
/// When a job's intervals begin and end: pure functions of definition, history and time. Intervals of minutes
/// and hours follow each other back to back; those of days begin at a clock time in the job's zone. A clock
/// time that is skipped fires at the first moment after it, one that comes twice at the first.
/// </summary>
internal static class IntervalClock
{
    /// <summary>The definition as far as it decides where intervals end.</summary>
    public static string RuleOf(JobDefinition job) =>
        $"{job.Schedule.Mode}|{job.Schedule.Every}|{job.Schedule.At:HH:mm}|{job.Retention.TimeZone}";

    /// <summary>
    /// The end of an interval that runs now: the first boundary after now. Null without intervals.
    /// </summary>
    public static DateTime? EndOf(JobDefinition job, DateTime startUtc, DateOnly anchor, DateTime nowUtc)
    {
        if (job.Schedule.Every is not { } every || job.Schedule.Mode == JobMode.Immediate)
        {
            return null;
        }

        var from = nowUtc < startUtc ? startUtc : nowUtc;
        if (!job.Schedule.CountsDays)
        {
            var passed = (from - startUtc).Ticks / every.Ticks;
            return startUtc.AddTicks((passed + 1) * every.Ticks);
        }

        return Milestones(job, anchor, from).First(m => m > from);
    }

    /// <summary>The job with an interval that begins now, or at the boundary that just passed.</summary>
    /// <param name="trigger">One that is asked for begins now, whatever boundaries there are.</param>
    /// <param name="restartGrid">
    /// Nobody was there at the boundary: intervals of minutes and hours are counted from now on.
    /// </param>
    public static JobRun Begin(
        JobDefinition job, JobRun run, DateTime nowUtc, SessionTrigger trigger, bool restartGrid)
    {
        var anchor = run.AnchorDate ?? DateOnly.FromDateTime(Local(Zone(job), nowUtc));
        var start = trigger == SessionTrigger.Schedule && run.Interval?.EndUtc is { } boundary
            && boundary <= nowUtc
            ? LastBoundary(job, boundary, anchor, nowUtc, restartGrid) : nowUtc;
        return run with
        {
            AnchorDate = anchor,
            IntervalRule = RuleOf(job),
            Interval = new CopyInterval(
                start, EndOf(job, start, anchor, nowUtc),
                job.Schedule.Mode == JobMode.Immediate ? null : job.Schedule.Every),
        };
    }

    /// <summary>The run with its interval's end as the job's definition has it now.</summary>
    public static JobRun Follow(JobDefinition job, JobRun run, DateTime nowUtc)
    {
        if (run.Interval is not { } interval || run.AnchorDate is not { } anchor
            || run.IntervalRule == RuleOf(job) || interval.EndUtc <= nowUtc)
        {
            return run;
        }

        return run with
        {
            IntervalRule = RuleOf(job),
            Interval = interval with
            {
                EndUtc = EndOf(job, interval.StartUtc, anchor, nowUtc),
                LengthLookedBack = job.Schedule.Mode == JobMode.Immediate ? null : job.Schedule.Every,
            },
        };
    }

    private static DateTime LastBoundary(
        JobDefinition job, DateTime boundary, DateOnly anchor, DateTime nowUtc, bool restartGrid)
    {
        if (job.Schedule.Every is not { } every)
        {
            return nowUtc;
        }

        if (job.Schedule.CountsDays)
        {
            return Milestones(job, anchor, nowUtc).Where(m => m <= nowUtc).DefaultIfEmpty(boundary).Max();
        }

        return restartGrid ? nowUtc
            : boundary.AddTicks((nowUtc - boundary).Ticks / every.Ticks * every.Ticks);
    }

    // The boundaries around a time, in order: enough of them on both sides for whatever a zone does.
    private static IEnumerable<DateTime> Milestones(JobDefinition job, DateOnly anchor, DateTime aroundUtc)
    {
        var zone = Zone(job);
        var days = (int)(job.Schedule.Every!.Value.Ticks / TimeSpan.TicksPerDay);
        var day = DateOnly.FromDateTime(Local(zone, aroundUtc)).DayNumber;
        var since = Math.DivRem(day - anchor.DayNumber, days, out var rest);
        var first = since - (rest < 0 ? 3 : 2);
        return Enumerable.Range(0, 6)
            .Select(i => DateOnly.FromDayNumber(anchor.DayNumber + (first + i) * days))
            .Select(d => ToUtc(zone, d.ToDateTime(job.Schedule.At)));
    }

    /// <summary>
    /// When a clock on the wall first reaches this time, or passes it where it was skipped.
    /// </summary>
    internal static DateTime ToUtc(TimeZoneInfo zone, DateTime wall)
    {
        if (zone.IsAmbiguousTime(wall))
        {
            return DateTime.SpecifyKind(wall - zone.GetAmbiguousTimeOffsets(wall).Max(), DateTimeKind.Utc);
        }

        return new Retention.LocalDays(zone).ToUtc(wall);
    }

    private static DateTime Local(TimeZoneInfo zone, DateTime utc) =>
        TimeZoneInfo.ConvertTimeFromUtc(DateTime.SpecifyKind(utc, DateTimeKind.Utc), zone);

    private static TimeZoneInfo Zone(JobDefinition job) => job.Retention.Policy().Zone();
}
