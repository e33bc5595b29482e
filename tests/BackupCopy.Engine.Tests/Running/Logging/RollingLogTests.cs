using System.Text.Json;
using BackupCopy.Jobs;
using BackupCopy.Running.Logging;
using BackupCopy.TestProcess;
using BackupCopy.Tests.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

// Tests of Unix rights are skipped on Windows.
#pragma warning disable CA1416

namespace BackupCopy.Tests.Running.Logging;

public sealed class RollingLogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero));

    private string Catalog => _folder["catalog.db"];

    [Fact]
    public async Task Processes_and_threads_that_write_at_once_lose_no_line_and_mix_none()
    {
        const int count = 400;
        string[] names = ["a", "b", "c"];
        var writers = names.Select(name => ChildProcess.Start("log-lines", Catalog, name, $"{count}"))
            .ToList();
        foreach (var writer in writers)
        {
            await writer.StandardOutput.ReadToEndAsync();
            await writer.WaitForExitAsync();
            Assert.Equal(0, writer.ExitCode);
            writer.Dispose();
        }

        // More than one file holds.
        Assert.InRange(LogLab.Files(_folder.Path).Length, 2, 4);
        var written = LogLab.Entries(_folder.Path).Select(e => e.Text().Split(' '))
            .Select(words => (Writer: words[0], Number: int.Parse(words[1]), words[2].Length)).ToList();
        Assert.Equal(names.Length * LogLines.Threads * count, written.Count);
        Assert.All(
            written.GroupBy(w => w.Writer),
            writer => Assert.Equal(
                Enumerable.Range(1, count).Select(n => (writer.Key, n, n * 37 % 3000)), writer));
    }

    [Fact]
    public async Task A_killed_process_leaves_all_that_it_had_written_and_cuts_at_most_its_last_line()
    {
        var last = new Dictionary<string, int>();
        using (var writer = ChildProcess.Start("log-lines", Catalog, "a", "1000000"))
        {
            for (var times = 0; times < 30; times++)
            {
                var said = (await writer.StandardOutput.ReadLineAsync())!.Split(' ');
                last[said[0]] = int.Parse(said[1]);
            }

            writer.Kill();
            await writer.WaitForExitAsync();
        }

        // The system stops a write between two pages. What comes next is whole all the same.
        new JsonLines(new RollingLog(Catalog, TimeProvider.System), TimeProvider.System, LogLevel.Information)
            .Event(new SessionEvent(default, SyncPhase.Idle, EventLevel.Info, "next"));
        var lines = LogLab.Files(_folder.Path).SelectMany(File.ReadAllLines).ToList();
        if (!lines[^2].EndsWith('}'))
        {
            lines.RemoveAt(lines.Count - 2);
        }

        var written = lines.Select(line => JsonDocument.Parse(line).RootElement.Text().Split(' ')).ToList();
        Assert.Equal(["next"], written[^1]);
        Assert.All(last, thread => Assert.Contains(
            written, words => words[0] == $"a{thread.Key}" && words[1] == $"{thread.Value}"));
    }

    [Fact]
    public void A_line_that_was_cut_short_takes_no_other_with_it()
    {
        Say("first");
        File.AppendAllText(LogLab.Files(_folder.Path)[0], "{\"time\":\"2026-");
        Say("second");
        var lines = File.ReadAllLines(LogLab.Files(_folder.Path)[0]);
        Assert.Equal(3, lines.Length);
        Assert.Equal("second", JsonDocument.Parse(lines[2]).RootElement.Text());
    }

    [Fact]
    public void Each_day_has_its_file_and_the_newest_31_stay()
    {
        for (var day = 0; day < RollingLog.FilesKept + 3; day++)
        {
            Say($"day {day}");
            _time.Advance(TimeSpan.FromDays(1));
        }

        var entries = LogLab.Entries(_folder.Path);
        Assert.Equal(RollingLog.FilesKept, LogLab.Files(_folder.Path).Length);
        Assert.Equal(RollingLog.FilesKept, entries.Count);
        Assert.Equal(("day 3", "day 33"), (entries[0].Text(), entries[^1].Text()));
        Assert.Equal(_folder["logs/backupcopy-20261104.jsonl"], LogLab.Files(_folder.Path)[0]);
    }

    [Fact]
    public void A_full_file_is_followed_by_another_of_the_same_day_for_every_process()
    {
        Say("first");
        using (var file = File.OpenWrite(_folder["logs/backupcopy-20261101.jsonl"]))
        {
            file.SetLength(RollingLog.FileBytes);
        }

        Say("second");
        Say("third", new RollingLog(Catalog, _time));
        Assert.Equal(
            ["backupcopy-20261101.jsonl", "backupcopy-20261101_001.jsonl"],
            LogLab.Files(_folder.Path).Select(Path.GetFileName));
        Assert.Equal(
            ["second", "third"],
            File.ReadAllLines(LogLab.Files(_folder.Path)[1])
                .Select(line => JsonDocument.Parse(line).RootElement.Text()));
    }

    [Fact]
    public void A_file_that_somebody_moves_away_is_made_again()
    {
        var log = new RollingLog(Catalog, _time);
        Say("first", log);
        Directory.Delete(_folder["logs"], recursive: true);
        Say("second", log);
        Assert.Equal("second", Assert.Single(LogLab.Entries(_folder.Path)).Text());
    }

    [Fact]
    public void A_folder_that_cannot_be_made_fails_nothing_and_is_used_once_it_can()
    {
        File.WriteAllText(_folder["logs"], "in the way");
        var log = new RollingLog(Catalog, _time);
        Say("lost", log);
        File.Delete(_folder["logs"]);
        Say("kept", log);
        Assert.Equal("kept", Assert.Single(LogLab.Entries(_folder.Path)).Text());
    }

    [Fact]
    public void A_read_only_folder_fails_nothing()
    {
        if (OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess)
        {
            Assert.Skip("A user of Unix without privileges is needed.");
        }

        Say("first");
        File.SetUnixFileMode(_folder["logs"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var file = LogLab.Files(_folder.Path)[0];
        File.SetUnixFileMode(file, UnixFileMode.UserRead);
        try
        {
            Say("second");
            _time.Advance(TimeSpan.FromDays(1));
            Say("third");
            Assert.Equal("first", Assert.Single(LogLab.Entries(_folder.Path)).Text());
        }
        finally
        {
            File.SetUnixFileMode(
                _folder["logs"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Theory]
    [InlineData("700", "rwx------", "rw-------")]
    [InlineData("750", "rwxr-x---", "rw-r-----")]
    [InlineData("755", "rwxr-x---", "rw-r-----")]
    public void Who_may_not_enter_the_catalogs_folder_may_not_read_the_logs(
        string folder, string logs, string file)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("There the folder's access list is inherited.");
        }

        File.SetUnixFileMode(_folder.Path, (UnixFileMode)Convert.ToInt32(folder, 8));
        Say("first");
        Assert.Equal(logs, Letters(File.GetUnixFileMode(_folder["logs"])));
        Assert.Equal(file, Letters(File.GetUnixFileMode(LogLab.Files(_folder.Path)[0])));
    }

    [Fact]
    public void Whatever_a_text_holds_its_line_is_one_and_can_be_read()
    {
        Say("a \"quoted\"\r\nline \u2028 with Käse, \0 and \ud800 half a sign");
        Say(new string('x', 1_000_000));
        var entries = LogLab.Entries(_folder.Path);
        Assert.Equal(2, entries.Count);
        Assert.StartsWith("a \"quoted\"\r\nline \u2028 with Käse, \0 and \ufffd half", entries[0].Text());
        Assert.Contains("Käse", File.ReadAllText(LogLab.Files(_folder.Path)[0]));
        Assert.InRange(entries[1].Text().Length, 4000, 4010);
    }

    [Theory]
    [InlineData(null, LogLevel.Information)]
    [InlineData("warning", LogLevel.Warning)]
    [InlineData("None", LogLevel.None)]
    [InlineData("loud", LogLevel.Information)]
    [InlineData("99", LogLevel.Information)]
    public void What_is_below_the_level_asked_for_is_not_written(string? name, LogLevel expected)
    {
        var log = new JsonLines(new RollingLog(Catalog, _time), _time, JsonLines.LevelOf(name));
        foreach (var level in Enum.GetValues<EventLevel>())
        {
            log.Event(new SessionEvent(default, SyncPhase.Idle, level, $"{level}"));
        }

        Assert.Equal(
            Enum.GetValues<EventLevel>().Where(level => Log.LevelOf(level) >= expected).Select(l => $"{l}"),
            LogLab.Entries(_folder.Path).Select(e => e.Text()));
    }

    public void Dispose() => _folder.Dispose();

    private void Say(string text, RollingLog? log = null) =>
        new JsonLines(log ?? new RollingLog(Catalog, _time), _time, LogLevel.Information).Event(
            new SessionEvent(default, SyncPhase.Idle, EventLevel.Info, text));

    private static string Letters(UnixFileMode mode) => string.Concat(
        "rwxrwxrwx".Select((letter, i) => ((int)mode >> (8 - i) & 1) == 1 ? letter : '-'));
}
