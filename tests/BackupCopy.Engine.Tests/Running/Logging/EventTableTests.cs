using System.Collections;
using System.Reflection;
using System.Text.RegularExpressions;
using BackupCopy.Jobs;
using BackupCopy.Running.Logging;
using Microsoft.Extensions.Logging;

namespace BackupCopy.Tests.Running.Logging;

/// <summary>docs/EVENTS.md, the numbers in the code and what is logged agree.</summary>
public sealed partial class EventTableTests
{
    private static readonly string[] s_context = ["log", "level"];

    private static List<Row> Rows { get; } =
    [
        .. File.ReadLines(SourceTree.At("docs", "EVENTS.md"))
            .Select(line => TableRow().Match(line)).Where(match => match.Success)
            .Select(match => new Row(
                int.Parse(match.Groups[1].Value), match.Groups[2].Value, match.Groups[3].Value.Split(", "),
                match.Groups[5].Value.Split(", "), match.Groups[4].Value.StartsWith("*log*"))),
    ];

    [Fact]
    public void Every_number_has_its_row_and_every_row_its_number() => Assert.Equal(
        Enum.GetValues<SessionEventId>().Select(id => ((int)id, id.ToString())),
        Rows.Select(row => (row.Id, row.Name)));

    [Fact]
    public void Numbers_stay() => Assert.Equal(
        [400, 410, 411, 420, 450, 451, 452, 453, 480, 481, 482, 490, 491, 500, 501, 502],
        new[]
        {
            SessionEventId.Note, SessionEventId.SessionStarted, SessionEventId.SessionContinues,
            SessionEventId.PhaseEntered, SessionEventId.MachineCopied, SessionEventId.MachineUpToDate,
            SessionEventId.MachineFailed, SessionEventId.MachineNotCopied, SessionEventId.RpoMissed,
            SessionEventId.MachineNeverCopied, SessionEventId.MachineUnprotected, SessionEventId.SessionEnded,
            SessionEventId.SessionInterrupted, SessionEventId.ServiceStarted, SessionEventId.ServiceStopped,
            SessionEventId.ServiceTrouble,
        }.Select(id => (int)id));

    [Fact]
    public void Every_row_has_its_method_with_these_fields()
    {
        var methods = typeof(Log)
            .GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
            .Select(method => (Method: method, Says: method.GetCustomAttribute<LoggerMessageAttribute>()))
            .Where(said => said.Says is not null).ToDictionary(said => said.Says!.EventId);
        Assert.Equal(Rows.Select(row => row.Id), methods.Keys.Order());
        foreach (var row in Rows)
        {
            var (method, says) = methods[row.Id];
            Assert.Equal(row.Name, method.Name);
            Assert.Equal(
                row.Fields, method.GetParameters().Select(p => p.Name!).Except(s_context));
            if (says!.Level != LogLevel.None)
            {
                Assert.Equal($"{says.Level}", Assert.Single(row.Levels));
            }
        }
    }

    [Fact]
    public void An_event_that_is_only_a_sentence_is_logged_under_its_own_number()
    {
        var heard = new List<(EventId Id, LogLevel Level, string Text)>();
        foreach (var row in Rows.Where(row => row.Fields is ["text"] && !row.IsLogOnly))
        {
            new Listener(heard).Event(new SessionEvent(
                default, SyncPhase.Idle, EventLevel.Warning, row.Name, Id: (SessionEventId)row.Id));
            Assert.Equal(
                (row.Id, row.Name, LogLevel.Warning, row.Name),
                (heard[^1].Id.Id, heard[^1].Id.Name, heard[^1].Level, heard[^1].Text));
        }

        Assert.InRange(heard.Count, 25, 40);
    }

    [GeneratedRegex(@"^\| (\d{3}) \| (\w+) \| ([\w, ]+) \| (.+) \| ([\w, ]+) \|$")]
    private static partial Regex TableRow();

    private sealed record Row(int Id, string Name, string[] Levels, string[] Fields, bool IsLogOnly);

    private sealed class Listener(List<(EventId Id, LogLevel Level, string Text)> heard) : ILogger
    {
        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            Assert.IsType<IEnumerable>(state, exactMatch: false);
            heard.Add((eventId, logLevel, formatter(state, exception)));
        }
    }
}
