using System.Text.Json;
using BackupCopy.Catalog;
using BackupCopy.Jobs;
using BackupCopy.Running;
using BackupCopy.Running.Logging;
using BackupCopy.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace BackupCopy.Tests.Running.Logging;

/// <summary>What a session leaves in the log files, and the numbers of its events.</summary>
public sealed class SessionLoggingTests : IDisposable
{
    private readonly EngineLab _lab = new();

    private List<JsonElement> Entries => LogLab.Entries(_lab.PathOf(""));

    [Fact]
    public async Task A_session_is_logged_from_its_start_to_its_end_phase_by_phase()
    {
        await PrepareAsync("web01");
        Assert.Empty(LogLab.Files(_lab.PathOf("")));
        var session = await _lab.SyncAsync();
        var entries = Entries;
        Assert.Equal(
            [
                410, 420, 400, 421, 420, 400, 421, 420, 400, 450, 400, 421, 420, 400, 421, 420, 400, 421, 420,
                400, 421, 490,
            ],
            entries.Select(e => e.Id()));
        Assert.Equal(
            Enum.GetValues<SyncPhase>().SkipLast(1).SelectMany(p => new[] { $"{p} 420", $"{p} 421" }),
            entries.Where(e => e.Id() is 420 or 421).Select(e => $"{e.Text("phase")} {e.Id()}"));
        Assert.All(entries, e =>
        {
            Assert.Equal($"{session.Id}", e.Text("sessionId"));
            Assert.Equal($"{session.JobId}", e.Text("jobId"));
            Assert.Equal("Nightly", e.Text("jobName"));
            Assert.Equal("Information", e.Text("level"));
            Assert.Equal(((SessionEventId)e.Id()).ToString(), e.Text("event"));
            Assert.Equal(_lab.Clock.GetUtcNow().UtcDateTime, e.GetProperty("time").GetDateTime());
            Assert.StartsWith("Nightly: ", e.Text(), StringComparison.Ordinal);
            Assert.Equal(
                e.EnumerateObject().Select(field => field.Name).Distinct().Count(),
                e.EnumerateObject().Count());
        });
        Assert.Equal(
            session.Events.Select(e => e.Text),
            entries.Where(e => e.TryGetProperty("text", out _)).Select(e => e.Text("text")));
    }

    [Fact]
    public async Task Machines_and_the_session_end_with_their_figures()
    {
        await PrepareAsync("web01");
        var session = await _lab.SyncAsync();
        var copied = Assert.Single(Entries, e => e.Id() == 450);
        Assert.StartsWith("Nightly: web01: Copied the restore point of ", copied.Text());
        Assert.Equal(("web01", "Synchronizing"), (copied.Text("machine"), copied.Text("phase")));
        Assert.Equal(session.TransferredBytes, copied.GetProperty("transferredBytes").GetInt64());
        Assert.Equal(1_000_000, copied.GetProperty("sizeBytes").GetInt64());
        Assert.Equal(("Primary", "Success"), (copied.Text("sourceRepository"), copied.Text("result")));
        Assert.Equal(_lab.Clock.GetUtcNow().UtcDateTime, copied.GetProperty("pointTime").GetDateTime());
        var ended = Entries[^1];
        Assert.Equal((490, "Success"), (ended.Id(), ended.Text("result")));
        Assert.Equal(session.TransferredBytes, ended.GetProperty("transferredBytes").GetInt64());
        Assert.Equal((1, 0), (ended.GetProperty("machines").GetInt32(),
            ended.GetProperty("failedMachines").GetInt32()));
    }

    [Fact]
    public async Task Failures_and_warnings_are_logged_at_their_level_and_with_the_errors_name()
    {
        await PrepareAsync("good");
        EngineLab.Damage(await _lab.ImportAsync("bad", _lab.NewImage("bad.img", 1_000_000, 2)));
        await _lab.ImportAsync("late", _lab.NewImage("late.img", 1_000_000, 3));
        using var writer = _lab.HoldUnfinished("late");
        var session = await _lab.SyncAsync(new SyncOptions { Wait = TimeSpan.Zero });
        var error = session.Machines.Single(m => m.Machine == "bad").Error;
        Assert.StartsWith("Damaged", error, StringComparison.Ordinal);
        var entries = Entries;
        var failed = Assert.Single(entries, e => e.Id() == (int)SessionEventId.MachineFailed);
        Assert.Equal(("Error", "bad", error),
            (failed.Text("level"), failed.Text("machine"), failed.Text("error")));
        var late = Assert.Single(entries, e => e.Id() == (int)SessionEventId.MachineNotCopied);
        Assert.Equal(("Warning", "late", "WaitTimedOut"),
            (late.Text("level"), late.Text("machine"), late.Text("error")));
        Assert.Equal(("Error", "Failed"), (entries[^1].Text("level"), entries[^1].Text("result")));
    }

    [Fact]
    public async Task The_events_of_a_session_carry_the_numbers_too()
    {
        await PrepareAsync("web01");
        await _lab.SyncAsync();
        await LaterAsync();
        Assert.Contains(SessionEventId.MachineUpToDate, Ids());
        Directory.Move(_lab.PathOf("Primary"), _lab.PathOf("Away"));
        await LaterAsync();
        Assert.Contains(SessionEventId.PhaseFailed, Ids());
        Directory.Move(_lab.PathOf("Away"), _lab.PathOf("Primary"));
        using var stop = new CancellationTokenSource();
        await LaterAsync(new SyncOptions { EnteringPhase = _ => stop.Cancel() }, stop.Token);
        Assert.Equal([SessionEventId.StopAsked], Ids());
        await LaterAsync();
        Assert.Equal(SessionEventId.SessionContinues, Ids()[0]);
        Assert.Contains(Entries, e => e.Id() == 411);
    }

    [Fact]
    public async Task A_dead_session_is_logged_by_whoever_finds_it()
    {
        await PrepareAsync("web01");
        _lab.BeginDeadSession(_lab.Engine.Jobs.Get("Nightly"));
        Assert.Empty(Entries);
        _ = _lab.Engine.Sessions.List().ToList();
        var told = Assert.Single(Entries);
        Assert.Equal((491, "Error", "PreJob"), (told.Id(), told.Text("level"), told.Text("phase")));
        Assert.Equal([SessionEventId.SessionInterrupted], Ids());
    }

    [Fact]
    public async Task Retention_says_under_its_own_numbers_what_it_did()
    {
        await PrepareAsync("web01");
        _lab.Engine.Jobs.Update("Nightly", new JobSettings { Retention = new() { KeepPoints = 2 } });
        await _lab.SyncAsync();
        for (var day = 1; day <= 2; day++)
        {
            _lab.Clock.Advance(TimeSpan.FromDays(1));
            await _lab.ImportAsync("web01", _lab.NewImage($"{day}.img", 1_000_000, day + 9));
            await _lab.SyncAsync();
        }

        Assert.Contains(SessionEventId.PointRemoved, Ids());
        Assert.Contains(SessionEventId.SpaceFreed, Ids());
        Assert.Contains(Entries, e => e.Id() == 470 && e.Text("machine") == "web01");
    }

    [Fact]
    public async Task Looking_leaves_no_log()
    {
        await PrepareAsync("web01");
        _ = _lab.Engine.Jobs.List().ToList();
        _ = _lab.Engine.Jobs.Plan("Nightly", []).ToList();
        _ = _lab.Engine.Sessions.List().ToList();
        _ = _lab.Points("Primary");
        Assert.Empty(LogLab.Files(_lab.PathOf("")));
    }

    [Fact]
    public async Task A_logger_of_the_callers_own_gets_the_entries_instead()
    {
        await PrepareAsync("web01");
        var factory = new Collecting();
        var engine = new Engine(_lab.PathOf("catalog.db"), _lab.Clock, factory);
        await engine.Jobs.SyncAsync("Nightly", new SyncOptions(), null, default);
        Assert.Empty(LogLab.Files(_lab.PathOf("")));
        Assert.Equal([EngineLog.Category], factory.Categories);
        var (id, fields) = factory.Entries.Single(e => e.Id.Id == (int)SessionEventId.MachineCopied);
        Assert.Equal("MachineCopied", id.Name);
        Assert.Equal("web01", fields["Machine"]);
        Assert.Equal(SyncPhase.Synchronizing, fields["Phase"]);
        Assert.IsType<Guid>(fields["SessionId"]);
        Assert.IsType<long>(fields["transferredBytes"]);
    }

    [Fact]
    public async Task A_listener_hears_until_it_leaves()
    {
        await PrepareAsync("web01");
        var heard = new List<LogLine>();
        using (_lab.Engine.Listen(heard.Add))
        {
            await _lab.SyncAsync();
        }

        var count = heard.Count;
        await _lab.SyncAsync();
        Assert.Equal(count, heard.Count);
        Assert.Contains(heard, line => line is { Id: 420, Text: "Nightly: Transforming begins." });
        Assert.DoesNotContain(heard, line => line.IsDetail);
    }

    [Fact]
    public async Task A_session_runs_where_no_log_can_be_written()
    {
        await PrepareAsync("web01");
        File.WriteAllText(_lab.PathOf("logs"), "in the way");
        Assert.Equal(SessionResult.Success, (await _lab.SyncAsync()).Result);
    }

    public void Dispose() => _lab.Dispose();

    private SessionEventId[] Ids() =>
        [.. _lab.Engine.Catalog.Sessions(new SessionQuery { Newest = 1 })[0].Events.Select(e => e.Id)];

    // Sessions are listed by their start.
    private async Task LaterAsync(SyncOptions? options = null, CancellationToken cancellation = default)
    {
        _lab.Clock.Advance(TimeSpan.FromMinutes(1));
        await _lab.SyncAsync(options, cancellation);
    }

    private async Task PrepareAsync(string machine)
    {
        await _lab.ImportAsync(machine, _lab.NewImage($"{machine}.img", 1_000_000, 1));
        _lab.NewJob();
    }

    private sealed class Collecting : ILoggerFactory, ILogger
    {
        public List<string> Categories { get; } = [];

        public List<(EventId Id, Dictionary<string, object?> Fields)> Entries { get; } = [];

        public ILogger CreateLogger(string categoryName)
        {
            Categories.Add(categoryName);
            return this;
        }

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            lock (Entries)
            {
                var fields = (IEnumerable<KeyValuePair<string, object?>>)state!;
                Entries.Add((eventId, fields.ToDictionary()));
            }
        }

        public void Dispose()
        {
        }
    }
}
