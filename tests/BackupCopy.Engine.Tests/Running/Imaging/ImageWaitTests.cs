using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running;
using BackupCopy.Tests.Sources.Writers;

namespace BackupCopy.Tests.Running.Imaging;

/// <summary>Sessions while another process is at work with an image.</summary>
public sealed class ImageWaitTests
{
    public ImageWaitTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "Leases and locks are Linux's.");

    [Theory]
    [InlineData("open")]
    [InlineData("open-alone")]
    public async Task Image_that_is_being_written_is_waited_for_and_copied_whole(string open)
    {
        using var lab = new ImageLab(settings: Raw());
        var other = lab.Dump("db");
        var image = lab.PathOf(lab.NameOf("web"));
        Task<SessionInfo> session;
        using (var writer = new WriterProcess(image).Do(open, "write 300000"))
        {
            session = lab.SyncAsync();
            await lab.WaitForAsync($"The restore point of web is being written by {writer.Name}.");
            await lab.Engines.WaitForStateAsync(SessionState.WaitingForRestorePoint);
            await lab.AssertIsAsync(Assert.Single(lab.Copies()), other);
            writer.Do("write 200000", "truncate 400000", "write 1000000");
            var listed = Assert.Single(lab.Engine.RestorePoints.List(
                new RestorePointQuery { Machines = ["web"], IncludeIncomplete = true }));
            Assert.Equal(RestorePointState.Locked, listed.State);
            Assert.Equal(
                $"{lab.NameOf("web")} is being written by {writer.Name}.", listed.Reason);
            Assert.Empty(lab.Copies("web"));
            Assert.False(session.IsCompleted);
            writer.Do("close");
        }

        var ended = await session;
        Assert.Equal((SessionResult.Success, ""), (ended.Result, ended.Reason));
        await lab.AssertCopiedAsync("web", new byte[1_400_000]);
        Assert.Contains(ended.Events, e => e.Machine == "web" && e.Text.StartsWith(
            "Its newest restore point is being written by ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Writer_that_pauses_with_the_file_closed_is_waited_for_until_it_has_settled()
    {
        const int hours = 12;
        var clock = new SteppedClock();
        using var lab = new ImageLab(clock, Raw(settleSeconds: hours * 3600));
        var options = ImageLab.Options with { SourcePoll = TimeSpan.FromSeconds(1) };
        Task<SessionInfo> session;
        using (var writer = new WriterProcess(lab.PathOf(lab.NameOf("web"))).Do("open", "write 300000"))
        {
            session = lab.SyncAsync(options);
            await lab.WaitForAsync(writer.Name, Step);
            for (var pause = 0; pause < 2; pause++)
            {
                writer.Do("close");
                await lab.WaitForAsync("or was a moment ago", Step);
                clock.Advance(TimeSpan.FromHours(hours - 1));
                writer.Do("open", "write 100000");
                await lab.WaitForAsync(writer.Name, Step);
            }

            writer.Do("close");
        }

        await lab.WaitForAsync("or was a moment ago", Step);
        Assert.Empty(lab.Copies());
        while (!session.IsCompleted)
        {
            clock.Advance(TimeSpan.FromMinutes(30));
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        Assert.Equal(SessionResult.Success, (await session).Result);
        await lab.AssertCopiedAsync("web", new byte[500_000]);

        void Step() => clock.Advance(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Image_that_settles_is_waited_for_just_so_long()
    {
        var clock = new JumpingClock();
        using var lab = new ImageLab(clock, ImageLab.Settings(settleSeconds: 40));
        var web = lab.Dump("web");
        var options = new SyncOptions { StopPoll = TimeSpan.FromDays(1) };
        Assert.Equal(SessionResult.Success, (await lab.SyncAsync(options)).Result);
        Assert.True(clock.Waited >= TimeSpan.FromSeconds(40), $"Waited {clock.Waited}");
        await lab.AssertCopiedAsync("web", web);

        // Where its last change is old, nothing is waited for.
        web = lab.Dump("web");
        clock.Advance(TimeSpan.FromDays(36_500));
        var before = clock.Waited;
        Assert.Equal(SessionResult.Success, (await lab.SyncAsync(
            options with { Wait = TimeSpan.Zero })).Result);
        Assert.InRange(clock.Waited - before, TimeSpan.Zero, options.StopPoll * 2);
        await lab.AssertCopiedAsync("web", web);
    }

    [Theory]
    [InlineData("{0}.part")]
    [InlineData(".{0}.Ab12Cd")]
    public async Task Image_whose_name_says_that_it_is_not_finished_is_waited_for_until_it_is_renamed(
        string form)
    {
        using var lab = new ImageLab(settings: Raw());
        lab.Dump("web");
        lab.Engines.Clock.Advance(TimeSpan.FromHours(1));
        var (finished, name) = (lab.PathOf(lab.NameOf("web")), string.Format(null, form, lab.NameOf("web")));
        using var writer = new WriterProcess(lab.PathOf(name)).Do("open", "write 300000", "close");
        var session = lab.SyncAsync();
        await lab.Engines.WaitForStateAsync(SessionState.WaitingForRestorePoint);
        writer.Do("open", "write 100000", "close");
        Assert.False(session.IsCompleted);

        // The older one is not taken instead of it.
        Assert.Empty(lab.Copies());
        writer.Do($"rename {finished}");
        Assert.Equal(SessionResult.Success, (await session).Result);
        await lab.AssertIsAsync(Assert.Single(lab.Copies()), new byte[400_000]);
    }

    [Fact]
    public async Task Lock_file_beside_the_image_is_waited_for()
    {
        using var lab = new ImageLab();
        var web = lab.Dump("web");
        var lockFile = lab.Put(lab.NameOf("web") + ".lock", []);
        var session = lab.SyncAsync();
        await lab.Engines.WaitForStateAsync(SessionState.WaitingForRestorePoint);
        Assert.Empty(lab.Copies());
        File.Delete(lockFile);
        Assert.Equal(SessionResult.Success, (await session).Result);
        await lab.AssertCopiedAsync("web", web);
    }

    [Fact]
    public async Task Wait_that_is_over_is_a_warning_and_copies_nothing_of_that_machine()
    {
        using var lab = new ImageLab(settings: Raw());
        var db = lab.Dump("db");
        var warnings = new List<string>();
        using (var writer = new WriterProcess(lab.PathOf(lab.NameOf("web"))).Do("open", "write 300000"))
        {
            var session = await lab.SyncAsync(ImageLab.Options with
            {
                Wait = TimeSpan.FromMilliseconds(20),
                Warn = warnings.Add,
            });
            Assert.Equal(SessionResult.Warning, session.Result);
            var web = Assert.Single(session.Machines, m => m.Machine == "web");
            Assert.Equal(("WaitTimedOut", 0L), (web.Error, web.TargetSequence));
            Assert.Equal(
                $"The newest restore point was still being written by {writer.Name}.", web.Reason);
            Assert.Contains(warnings, w => w.Contains(writer.Name, StringComparison.Ordinal));
            await lab.AssertIsAsync(Assert.Single(lab.Copies()), db);
        }

        await lab.SyncAsync();
        await lab.AssertCopiedAsync("web", new byte[300_000]);
    }

    [Fact]
    public async Task Image_that_is_begun_anew_between_the_look_and_the_copy_is_waited_for()
    {
        using var lab = new ImageLab(settings: Raw());
        lab.Put(lab.NameOf("web"), new byte[100]);
        WriterProcess? writer = null;
        lab.Before = (what, path) =>
        {
            // The chain's folder is made when the point was chosen, before its image is opened.
            if (writer is null && what == "create")
            {
                writer = new WriterProcess(lab.PathOf(lab.NameOf("web"))).Do("open", "truncate 0");
            }
        };
        var session = lab.SyncAsync();
        await lab.WaitForAsync("is being written by");
        Assert.Empty(lab.Copies());
        writer!.Do("write 500000", "close").Dispose();
        Assert.Equal(SessionResult.Success, (await session).Result);
        await lab.AssertIsAsync(Assert.Single(lab.Copies()), new byte[500_000]);
    }

    [Fact]
    public async Task Immediate_session_leaves_what_is_being_written_to_the_next_one()
    {
        using var lab = new ImageLab(settings: Raw());
        lab.Schedule(new JobSchedule { Mode = JobMode.Immediate });
        var db = lab.Dump("db");
        var options = ImageLab.Options with { Trigger = SessionTrigger.NewPoint };
        using (new WriterProcess(lab.PathOf(lab.NameOf("web"))).Do("open", "write 300000"))
        {
            Assert.Equal(SessionResult.Success, (await lab.SyncAsync(options)).Result);
            await lab.AssertIsAsync(Assert.Single(lab.Copies()), db);
        }

        await lab.SyncAsync(options);
        await lab.AssertCopiedAsync("web", new byte[300_000]);
    }

    private static ImageFolderSettings Raw(int settleSeconds = 0) =>
        ImageLab.Settings(settleSeconds: settleSeconds) with { Raw = true };
}
