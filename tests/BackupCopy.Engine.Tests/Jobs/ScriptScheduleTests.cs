using BackupCopy.Jobs;

namespace BackupCopy.Tests.Jobs;

public sealed class ScriptScheduleTests
{
    private static readonly DateOnly s_monday = new(2026, 11, 2);

    [Theory]
    [InlineData(1, "1 2 3 4 5 6 7")]
    [InlineData(2, "1 3 5 7")]
    [InlineData(3, "1 4 7")]
    [InlineData(7, "1")]
    [InlineData(0, "1 2 3 4 5 6 7")]
    public void Scripts_run_in_the_first_session_and_then_in_every_so_manieth(int every, string sessions)
    {
        var scripts = new JobScripts { EverySessions = every };
        Assert.Equal(
            sessions,
            string.Join(' ', Enumerable.Range(1, 7)
                .Where(n => ScriptSchedule.IsDue(scripts, n, s_monday, lastDay: s_monday))));
    }

    [Theory]
    [InlineData("Monday", 0, null, true)]
    [InlineData("Monday", 0, 0, false)]
    [InlineData("Monday", 0, -7, true)]
    [InlineData("Monday", 1, null, false)]
    [InlineData("Monday", 7, 0, true)]
    [InlineData("Monday Tuesday", 1, 0, true)]
    [InlineData("Monday Tuesday", 1, 1, false)]
    [InlineData("Saturday", 0, null, false)]
    public void Scripts_on_weekdays_run_once_on_each(string days, int day, int? lastDay, bool isDue)
    {
        var scripts = new JobScripts
        {
            OnDays = [.. days.Split(' ').Select(Enum.Parse<DayOfWeek>)],
            EverySessions = 5,
        };
        var last = lastDay is { } ago ? s_monday.AddDays(ago) : (DateOnly?)null;
        Assert.Equal(isDue, ScriptSchedule.IsDue(scripts, 3, s_monday.AddDays(day), last));
    }

    [Theory]
    [InlineData(PreScriptFailure.Fail, 0, true, EventLevel.Info)]
    [InlineData(PreScriptFailure.Fail, 1, false, EventLevel.Error)]
    [InlineData(PreScriptFailure.Fail, null, false, EventLevel.Error)]
    [InlineData(PreScriptFailure.Warn, 0, true, EventLevel.Info)]
    [InlineData(PreScriptFailure.Warn, 1, true, EventLevel.Warning)]
    [InlineData(PreScriptFailure.Warn, null, true, EventLevel.Warning)]
    [InlineData(PreScriptFailure.Ignore, 1, true, EventLevel.Info)]
    [InlineData(PreScriptFailure.Ignore, null, true, EventLevel.Info)]
    [InlineData(PreScriptFailure.SkipRun, 0, true, EventLevel.Info)]
    [InlineData(PreScriptFailure.SkipRun, 1, false, EventLevel.Info)]
    [InlineData(PreScriptFailure.SkipRun, 2, true, EventLevel.Warning)]
    [InlineData(PreScriptFailure.SkipRun, 3, false, EventLevel.Warning)]
    [InlineData(PreScriptFailure.SkipRun, 4, true, EventLevel.Error)]
    [InlineData(PreScriptFailure.SkipRun, 5, false, EventLevel.Error)]
    [InlineData(PreScriptFailure.SkipRun, 137, false, EventLevel.Error)]
    [InlineData(PreScriptFailure.SkipRun, null, false, EventLevel.Error)]
    public void End_of_the_script_before_the_job_means(
        PreScriptFailure action, int? exitCode, bool runs, EventLevel level) =>
        Assert.Equal(new PreScriptVerdict(runs, level), PreScriptVerdict.Of(action, exitCode));
}
