using System.Text.Json;
using BackupCopy.Catalog;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running;
using BackupCopy.Storage;
using Microsoft.Extensions.Time.Testing;

namespace BackupCopy.Tests.Running.Scripts;

/// <summary>What the scripts before and after a job do to its sessions.</summary>
public sealed class SessionScriptTests : IDisposable
{
    private readonly ScriptLab _scripts = new();
    private readonly EngineLab _lab = new();

    // Monday, 2026-11-02 00:30 where the lab's clock begins, on Sunday at 22:00 UTC.
    private const string Zone = "Europe/Helsinki";

    private Engine Engine => _lab.Engine;

    private JobDefinition Job => Engine.Job("Nightly");

    [Theory]
    [InlineData(PreScriptFailure.Fail, 0, SessionResult.Success, 1)]
    [InlineData(PreScriptFailure.Fail, 1, SessionResult.Failed, 0)]
    [InlineData(PreScriptFailure.Warn, 1, SessionResult.Warning, 1)]
    [InlineData(PreScriptFailure.Ignore, 1, SessionResult.Success, 1)]
    [InlineData(PreScriptFailure.SkipRun, 0, SessionResult.Success, 1)]
    [InlineData(PreScriptFailure.SkipRun, 1, SessionResult.Success, 0)]
    [InlineData(PreScriptFailure.SkipRun, 2, SessionResult.Warning, 1)]
    [InlineData(PreScriptFailure.SkipRun, 3, SessionResult.Warning, 0)]
    [InlineData(PreScriptFailure.SkipRun, 4, SessionResult.Failed, 1)]
    [InlineData(PreScriptFailure.SkipRun, 5, SessionResult.Failed, 0)]
    [InlineData(PreScriptFailure.SkipRun, 77, SessionResult.Failed, 0)]
    public async Task Script_before_the_job_decides_and_the_one_after_it_hears_of_it(
        PreScriptFailure action, int exitCode, SessionResult result, int copied)
    {
        await PrepareAsync(new JobScripts
        {
            Pre = Script("pre.sh", $"exit {exitCode}"),
            Post = Script("post.sh", "echo $BCJ_PHASE $BCJ_RESULT > post"),
            OnPreFailure = action,
        });
        var warned = new List<string>();
        var failed = new List<BackupCopyException>();
        var session = await _lab.SyncAsync(new SyncOptions
        {
            Warn = warned.Add,
            Fail = (_, error) => failed.Add(error),
        });
        Assert.Equal((result, SyncPhase.Idle), (session.Result, session.Phase));
        Assert.Equal(copied, _lab.Points("Offsite").Count);
        Assert.Equal($"PostJob {result}\n", await File.ReadAllTextAsync(_scripts["post"]));
        Assert.Equal(result == SessionResult.Warning ? 1 : 0, warned.Count);
        Assert.Equal(result == SessionResult.Failed ? 1 : 0, failed.Count);
        Assert.All(failed, e => Assert.Equal(ErrorCode.ScriptFailed, e.Code));
        Assert.Equal(copied == 0, session.Reason.Contains("Nothing was copied", StringComparison.Ordinal));
        if (result > SessionResult.Success)
        {
            Assert.Contains(
                $"({_scripts["pre.sh"]}) ended with exit code {exitCode}", session.Reason,
                StringComparison.Ordinal);
        }

        var about = Assert.Single(Record(session).Events, e => e.Phase == SyncPhase.PreJob
            && e.Id is SessionEventId.ScriptRan or SessionEventId.ScriptFailed);
        var isWish = (action, exitCode) == (PreScriptFailure.SkipRun, 1);
        Assert.Equal(
            exitCode == 0 || isWish ? SessionEventId.ScriptRan : SessionEventId.ScriptFailed, about.Id);
    }

    [Theory]
    [InlineData(PreScriptFailure.Fail, SessionResult.Failed)]
    [InlineData(PreScriptFailure.Warn, SessionResult.Warning)]
    [InlineData(PreScriptFailure.Ignore, SessionResult.Success)]
    [InlineData(PreScriptFailure.SkipRun, SessionResult.Failed)]
    public async Task Script_that_is_missing_is_one_that_failed(PreScriptFailure action, SessionResult result)
    {
        var missing = new JobScript(_scripts["missing.sh"]);
        await PrepareAsync(new JobScripts { Pre = missing, OnPreFailure = action });
        var session = await _lab.SyncAsync();
        Assert.Equal(result, session.Result);
        Assert.Equal(
            $"The script {missing.Path} does not exist, or this account cannot see it.",
            Assert.Single(Record(session).Events, e => e.Id == SessionEventId.ScriptFailed).Text);
    }

    [Fact]
    public async Task Script_after_the_job_that_fails_is_a_warning_of_a_session_that_copied()
    {
        await PrepareAsync(new JobScripts { Post = Script("post.sh", "echo no >&2; exit 2") });
        var session = await _lab.SyncAsync();
        Assert.Equal((SessionResult.Warning, SyncPhase.Idle), (session.Result, session.Phase));
        Assert.Single(_lab.Points("Offsite"));
        var events = Record(session).Events.Where(e => e.Phase == SyncPhase.PostJob).ToList();
        Assert.Equal(
            [(SessionEventId.ScriptFailed, EventLevel.Warning), (SessionEventId.ScriptSaid, EventLevel.Info)],
            events.Select(e => (e.Id, e.Level)));
        Assert.Equal($"The script after the job ({_scripts["post.sh"]}) printed:\nno", events[1].Text);
    }

    [Theory]
    [InlineData("bad machine", "Failed")]
    [InlineData("target away", "Failed")]
    [InlineData("writer", "Warning")]
    public async Task Script_after_the_job_gets_the_result_so_far(string trouble, string result)
    {
        await PrepareAsync(new JobScripts { Post = Script("post.sh", "echo $BCJ_RESULT > post") });
        IDisposable? writer = null;
        switch (trouble)
        {
            case "bad machine":
                EngineLab.Damage(await _lab.ImportAsync("bad", _lab.NewImage("bad.img", 1_000_000, 2)));
                break;
            case "target away":
                Directory.Move(_lab.PathOf("Offsite"), _lab.PathOf("Elsewhere"));
                break;
            default:
                writer = _lab.HoldUnfinished("web01");
                break;
        }

        using (writer)
        {
            await _lab.SyncAsync(new SyncOptions { Wait = TimeSpan.Zero, Retries = [] });
        }

        Assert.Equal(result + "\n", await File.ReadAllTextAsync(_scripts["post"]));
    }

    [Fact]
    public async Task Report_is_the_session_as_json_for_its_owner_alone_and_gone_afterwards()
    {
        const string keep =
            "stat -c %a $BCJ_REPORT_JSON $(dirname $BCJ_REPORT_JSON) >> modes;"
            + "echo $BCJ_REPORT_JSON >> paths; cp $BCJ_REPORT_JSON $BCJ_PHASE.json";
        await PrepareAsync(new JobScripts { Pre = Script("pre.sh", keep), Post = Script("post.sh", keep) });
        var session = await _lab.SyncAsync();
        Assert.Equal(SessionResult.Success, session.Result);
        Assert.Equal(["600", "700", "600", "700"], await File.ReadAllLinesAsync(_scripts["modes"]));
        Assert.All(await File.ReadAllLinesAsync(_scripts["paths"]), p => Assert.False(Path.Exists(p)));
        Assert.All(
            await File.ReadAllLinesAsync(_scripts["paths"]),
            p => Assert.False(Path.Exists(Path.GetDirectoryName(p))));
        using var pre = JsonDocument.Parse(await File.ReadAllTextAsync(_scripts["PreJob.json"]));
        using var post = JsonDocument.Parse(await File.ReadAllTextAsync(_scripts["PostJob.json"]));
        Assert.Equal(
            ("Nightly", "PreJob", "None", 0),
            (Text(pre, "job"), Text(pre, "phase"), Text(pre, "result"), Machines(pre)));
        Assert.Equal(
            ($"{session.Id}", "PostJob", "Success", 1),
            (Text(post, "id"), Text(post, "phase"), Text(post, "result"), Machines(post)));

        static string? Text(JsonDocument json, string name) => json.RootElement.GetProperty(name).GetString();
        static int Machines(JsonDocument json) => json.RootElement.GetProperty("machines").GetArrayLength();
    }

    [Fact]
    public async Task Lines_for_the_log_are_events_of_their_level_and_too_many_are_counted()
    {
        await PrepareAsync(new JobScripts
        {
            Pre = Script(
                "pre.sh",
                "echo LOG:ERROR bad; for i in {1..300}; do echo LOG:INFO $i; done; seq 1 100000; echo end"),
        });
        var session = await _lab.SyncAsync();
        Assert.Equal(SessionResult.Success, session.Result);
        var said = Record(session).Events.Where(e => e.Id == SessionEventId.ScriptSaid).ToList();
        Assert.Equal(202, said.Count);
        Assert.Equal((EventLevel.Error, "bad"), (said[0].Level, said[0].Text));
        Assert.Equal((EventLevel.Info, "199"), (said[199].Level, said[199].Text));
        Assert.Contains("of 100,001 lines:\n", said[200].Text, StringComparison.Ordinal);
        Assert.EndsWith("\n100000\nend", said[200].Text, StringComparison.Ordinal);
        Assert.InRange(said[200].Text.Length, 4000, 4400);
        Assert.Contains("101 more LOG: lines", said[201].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Monday", 3, 1)]
    [InlineData("Tuesday", 3, 0)]
    [InlineData("Sunday Monday Tuesday", 3, 1)]
    public async Task Scripts_on_weekdays_run_once_a_day_in_the_zone_of_the_job(
        string days, int sessions, int runs)
    {
        await PrepareAsync(Counting() with { OnDays = [.. days.Split(' ').Select(Enum.Parse<DayOfWeek>)] });
        _lab.Clock.Advance(TimeSpan.FromMinutes(30));
        for (var session = 0; session < sessions; session++)
        {
            await _lab.SyncAsync();
        }

        Assert.Equal((runs, runs), Counts());
        if (runs == 1)
        {
            _lab.Clock.Advance(TimeSpan.FromDays(7));
            await _lab.SyncAsync();
            Assert.Equal((2, 2), Counts());
        }
    }

    [Fact]
    public async Task Scripts_of_every_third_session_run_in_the_first_and_fourth()
    {
        await PrepareAsync(Counting() with { EverySessions = 3 });
        List<(int, int)> counts = [];
        for (var session = 0; session < 5; session++)
        {
            var info = await _lab.SyncAsync();
            counts.Add(Counts());
            Assert.Equal(
                session is 0 or 3 ? 0 : 2,
                info.Events.Count(e => e.Text == "The script is not due in this session."));
        }

        Assert.Equal([(1, 1), (1, 1), (1, 1), (2, 2), (2, 2)], counts);
    }

    [Fact]
    public async Task Script_before_the_job_that_did_not_run_has_its_day_yet_and_both_run_in_the_next()
    {
        var scripts = Counting() with { OnDays = [DayOfWeek.Monday] };
        await PrepareAsync(scripts with { Pre = new JobScript(_scripts["later.sh"]) });
        Assert.Equal(SessionResult.Failed, (await _lab.SyncAsync()).Result);
        Assert.Equal((0, 1), Counts());
        _scripts.Bash("later.sh", "echo pre >> runs");
        Assert.Equal(SessionResult.Success, (await _lab.SyncAsync()).Result);
        Assert.Equal((1, 2), Counts());
        await _lab.SyncAsync();
        Assert.Equal((1, 2), Counts());
    }

    [Fact]
    public async Task Session_that_runs_past_midnight_is_of_the_day_on_which_it_began()
    {
        await PrepareAsync(Counting() with { OnDays = [DayOfWeek.Monday] });
        await _lab.SyncAsync(new SyncOptions
        {
            EnteringPhase = phase => _lab.Clock.Advance(
                phase == SyncPhase.Synchronizing ? TimeSpan.FromDays(1) : TimeSpan.Zero),
        });
        Assert.Equal((1, 1), Counts());
        await _lab.SyncAsync();
        Assert.Equal((1, 1), Counts());
    }

    [Theory]
    [InlineData(SyncPhase.PreJob)]
    [InlineData(SyncPhase.Synchronizing)]
    [InlineData(SyncPhase.Compacting)]
    [InlineData(SyncPhase.PostJob)]
    public async Task Script_after_the_job_runs_once_after_a_stop_in_any_phase(SyncPhase phase)
    {
        await PrepareAsync(new JobScripts { Post = Script("post.sh", "echo $BCJ_RESULT >> post; exit 1") });
        using var stop = new CancellationTokenSource();
        var session = await _lab.SyncAsync(
            new SyncOptions { EnteringPhase = entered => CancelIn(entered, phase, stop) }, stop.Token);
        Assert.Equal((SessionResult.Stopped, phase), (session.Result, session.Phase));
        Assert.Equal("Stopped\n", await File.ReadAllTextAsync(_scripts["post"]));
        Assert.Equal(1, session.Events.Count(e => e.Level == EventLevel.Warning));
    }

    [Fact]
    public async Task Stop_during_the_script_before_the_job_ends_it_and_the_one_after_it_runs()
    {
        await PrepareAsync(new JobScripts
        {
            Pre = Script("pre.sh", "sleep 1000 & echo $! > pre; wait"),
            Post = Script("post.sh", "echo $BCJ_RESULT >> post"),
        });
        using var stop = new CancellationTokenSource();
        var running = _lab.SyncAsync(cancellation: stop.Token);
        var child = await _scripts.NumberAsync("pre");
        await stop.CancelAsync();
        var session = await running;
        Assert.Equal((SessionResult.Stopped, SyncPhase.PreJob), (session.Result, session.Phase));
        Assert.False(ScriptLab.Runs(child));
        Assert.Equal("Stopped\n", await File.ReadAllTextAsync(_scripts["post"]));
    }

    [Fact]
    public async Task Stop_during_the_script_after_the_job_ends_it_and_does_not_begin_it_again()
    {
        await PrepareAsync(new JobScripts { Post = Script("post.sh", "echo $$ >> post; exec sleep 1000") });
        using var stop = new CancellationTokenSource();
        var running = _lab.SyncAsync(cancellation: stop.Token);
        var script = await _scripts.NumberAsync("post");
        await stop.CancelAsync();
        var session = await running;
        Assert.Equal((SessionResult.Stopped, SyncPhase.PostJob), (session.Result, session.Phase));
        Assert.Equal($"{script}\n", await File.ReadAllTextAsync(_scripts["post"]));
        Assert.False(ScriptLab.Runs(script));
    }

    [Theory]
    [InlineData(false, SessionResult.Failed)]
    [InlineData(true, SessionResult.Warning)]
    public async Task Time_that_is_up_fails_the_script(bool isPost, SessionResult result)
    {
        var hang = Script("hang.sh", "echo $$ > hang; exec sleep 1000");
        await PrepareAsync(new JobScripts
        {
            Pre = isPost ? null : hang,
            Post = isPost ? hang : null,
            Timeout = TimeSpan.FromMinutes(1),
        });
        var time = new FakeTimeProvider(_lab.Clock.GetUtcNow());
        var engine = new Engine(new CatalogStore(_lab.PathOf("catalog.db")), LocalStorage.Instance, time);
        var running = Task.Run(() => engine.Jobs.SyncAsync("Nightly", new SyncOptions(), null, default));
        var script = await _scripts.NumberAsync("hang");
        while (!running.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5);
        }

        var session = await running;
        Assert.Equal(result, session.Result);
        Assert.False(ScriptLab.Runs(script));
        Assert.Contains("did not end within 00:01:00", session.Reason, StringComparison.Ordinal);
        Assert.Equal(isPost ? 1 : 0, _lab.Points("Offsite").Count);
    }

    public void Dispose()
    {
        _lab.Dispose();
        _scripts.Dispose();
    }

    private static void CancelIn(SyncPhase entered, SyncPhase phase, CancellationTokenSource stop)
    {
        if (entered == phase)
        {
            stop.Cancel();
        }
    }

    private JobScripts Counting() => new()
    {
        Pre = Script("pre.sh", "echo pre >> runs"),
        Post = Script("post.sh", "echo post >> runs"),
    };

    private (int Pre, int Post) Counts()
    {
        string[] runs = File.Exists(_scripts["runs"]) ? File.ReadAllLines(_scripts["runs"]) : [];
        return (runs.Count(r => r == "pre"), runs.Count(r => r == "post"));
    }

    private JobScript Script(string name, string body) => new(_scripts.Bash(name, body));

    private SessionRecord Record(SessionInfo session) => Engine.Catalog.FindSession(session.Id)!;

    private async Task PrepareAsync(JobScripts scripts)
    {
        await _lab.ImportAsync("web01", _lab.NewImage("web01.img", 1_000_000, 1));
        _lab.NewJob();
        Engine.Catalog.UpdateJob(Job.Id, job => job with
        {
            Scripts = scripts,
            Retention = job.Retention with { TimeZone = Zone },
        });
    }
}
