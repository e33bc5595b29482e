using System.Management.Automation;
using BackupCopy.Jobs;
using BackupCopy.PowerShell;
using BackupCopy.PowerShell.ProgressBars;
using BackupCopy.Reporting;
using BackupCopy.Retention;
using BackupCopy.Running;

namespace BackupCopy.ModuleTests;

public sealed class DisplayTests
{
    [Theory]
    [InlineData(0, "0 bytes")]
    [InlineData(999, "999 bytes")]
    [InlineData(1000, "0.98 KB")]
    [InlineData(1024, "1 KB")]
    [InlineData(524_288, "512 KB")]
    [InlineData(1_048_063, "1 MB")]
    [InlineData(1_310_720, "1.25 MB")]
    [InlineData(13_421_773, "12.8 MB")]
    [InlineData(4_398_046_511_104, "4 TB")]
    [InlineData(long.MaxValue, "8 EB")]
    public void Size_has_three_digits(long bytes, string expected) =>
        Assert.Equal(expected, Display.Size(bytes));

    [Theory]
    [InlineData(0.04, "0.0s")]
    [InlineData(9.94, "9.9s")]
    [InlineData(59, "59s")]
    [InlineData(61, "1m 01s")]
    [InlineData(3700, "1h 01m")]
    [InlineData(90_000, "1d 01h")]
    public void Duration_has_two_units(double seconds, string expected) =>
        Assert.Equal(expected, Display.Duration(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void Lag_is_blank_without_one_and_unknown_where_nobody_can_tell() => Assert.Equal(
        ["unknown", "", "2h 00m"],
        [Display.Lag(null), Display.Lag(TimeSpan.Zero), Display.Lag(TimeSpan.FromHours(2))]);

    [Fact]
    public void Result_is_coloured_and_nothing_before_there_is_one()
    {
        Assert.Equal("", Display.Result(SessionResult.None));
        Assert.Contains("Failed", Display.Result(SessionResult.Failed));
        Assert.Equal("Working", Display.Outcome(SessionResult.None, Jobs.SessionState.Working));
    }

    [Theory]
    [InlineData(Jobs.SessionState.Working, false, "Transforming")]
    [InlineData(Jobs.SessionState.WaitingForRestorePoint, false, "WaitingForRestorePoint")]
    [InlineData(Jobs.SessionState.Completed, true, "Warning")]
    public void Session_shows_its_phase_or_what_it_waits_for_until_it_ends(
        Jobs.SessionState state, bool hasEnded, string expected)
    {
        var session = SessionInfo.From(
            new SessionRecord
            {
                Id = Guid.NewGuid(),
                JobId = Guid.NewGuid(),
                JobName = "Nightly",
                State = state,
                Result = SessionResult.Warning,
                StartUtc = DateTime.UnixEpoch,
                EndUtc = hasEnded ? DateTime.UnixEpoch : null,
                Runner = "test",
                Checkpoint = PhaseCheckpoint.At(SyncPhase.Transforming),
            },
            DateTime.UnixEpoch);
        Assert.Contains(expected, Display.Outcome(session));
    }

    [Fact]
    public void A_state_leaves_a_table_of_jobs_within_80_columns()
    {
        var widest = Enum.GetValues<Reporting.JobState>().Max(state => Display.State(state).Length);

        Assert.InRange(
            $"Nightly {new string('x', widest)} LastResult 2026-11-01 22:00 2026-11-01 22:00 59m 59s".Length,
            1, 80);
        Assert.Equal("Idle", Display.State(Reporting.JobState.Idle));
    }

    [Fact]
    public void A_machine_at_work_shows_how_far_it_is()
    {
        var task = new MachineTaskRecord
        {
            MachineId = default,
            Machine = "web01",
            State = Jobs.SessionState.Working,
            Result = SessionResult.None,
            StartUtc = DateTime.UnixEpoch,
            DoneBytes = 30,
            TotalBytes = 100,
        };

        Assert.Equal("30%", Outcome(task));
        Assert.Equal("Working", Outcome(task with { TotalBytes = 0 }));
        Assert.Equal(
            "WaitingForWindow", Outcome(task with { State = Jobs.SessionState.WaitingForWindow }));
        Assert.Contains("Failed", Outcome(task with { Result = SessionResult.Failed }));
    }

    [Fact]
    public void Levels_that_ask_for_attention_are_coloured()
    {
        Assert.Equal("Info", Display.Level(EventLevel.Info));
        Assert.Contains("\u001b[31mError", Display.Level(EventLevel.Error));
    }

    [Fact]
    public void Progress_of_a_sync_counts_bytes_rate_and_time_for_each_machine_and_in_all()
    {
        var shown = new List<ProgressRecord>();
        var display = new MachineProgressDisplay("Syncing Nightly", shown.Add);

        display.Report([Machine("web01", 50 << 20, 1), Machine("db01", 0, 1)]);
        display.Report([Machine("web01", 75 << 20, 2), Machine("db01", 20 << 20, 2)]);
        display.Report([Machine("db01", 40 << 20, 3)]);

        var web = shown.Where(record => record.Activity == "web01").ToArray();
        Assert.Equal("Copying: 50 MB of 100 MB, 50 MB/s", web[0].StatusDescription);
        Assert.Equal((50, 1, 1), (web[0].PercentComplete, web[0].SecondsRemaining, web[0].ParentActivityId));
        Assert.Equal(ProgressRecordType.Completed, web[^1].RecordType);
        var all = shown.Where(record => record.ParentActivityId < 0).ToArray();
        Assert.All(all, record => Assert.Equal("Syncing Nightly", record.Activity));
        Assert.StartsWith("2 machines, 0 done: 50 MB of 200 MB", all[0].StatusDescription);
        Assert.StartsWith("2 machines, 1 done: 140 MB of 200 MB", all[^1].StatusDescription);
        Assert.Equal(70, all[^1].PercentComplete);
    }

    [Fact]
    public void Progress_of_a_machine_that_waits_says_what_for()
    {
        var shown = new List<ProgressRecord>();
        var display = new MachineProgressDisplay("Syncing Nightly", shown.Add);

        display.Report([new MachineProgress("web01", "Waiting for host7", 0, 0, 0, TimeSpan.Zero)]);

        Assert.Equal(("web01", "Waiting for host7", -1),
            (shown[0].Activity, shown[0].StatusDescription, shown[0].PercentComplete));
    }

    [Theory]
    [InlineData(false, false, "2026-11-30", "2026-11-30")]
    [InlineData(false, true, null, "now")]
    [InlineData(true, true, "2026-11-30", "held")]
    [InlineData(false, false, null, "")]
    public void Removal_is_told_in_a_word(bool isHeld, bool goesNow, string? expected, string shown)
    {
        var point = new RestorePointInfo
        {
            Machine = "web01",
            MachineId = default,
            Time = default,
            Type = RestorePointType.Full,
            State = RestorePointState.Complete,
            Repository = "Offsite",
            RepositoryId = default,
            Backup = "Nightly",
            JobId = default,
            BackupFolder = "",
            Sequence = 1,
            Path = "",
            IsHeld = isHeld,
            GoesNow = goesNow,
            ExpectedRemoval = expected is null ? null
                : DateTime.Parse(expected, System.Globalization.CultureInfo.InvariantCulture),
        };

        Assert.Equal(shown, Display.Removal(point));
    }

    [Fact]
    public void Tiers_are_letters_in_a_table()
    {
        Assert.Equal("WMQY", Display.Gfs(Enum.GetValues<GfsTier>()));
        Assert.Equal("", Display.Gfs([]));
    }

    private static string Outcome(MachineTaskRecord task) => Display.Outcome(SessionInfo.From(
        new SessionRecord
        {
            Id = default,
            JobId = default,
            JobName = "Nightly",
            State = Jobs.SessionState.Working,
            Result = SessionResult.None,
            StartUtc = DateTime.UnixEpoch,
            Runner = "test",
            Tasks = [task],
        },
        DateTime.UnixEpoch).Machines[0]);

    private static MachineProgress Machine(string name, long doneBytes, int seconds) =>
        new(name, "Copying", doneBytes, 100 << 20, doneBytes / 2, TimeSpan.FromSeconds(seconds));

    [Theory]
    [InlineData(new long[] { }, "")]
    [InlineData(new long[] { 7 }, "7")]
    [InlineData(new long[] { 1, 2 }, "1, 2")]
    [InlineData(new long[] { 1, 2, 3, 5, 7, 8, 9, 10 }, "1-3, 5, 7-10")]
    public void Sequences_of_points_are_shown_as_runs(long[] sequences, string expected) =>
        Assert.Equal(expected, Display.Sequences(sequences));
}
