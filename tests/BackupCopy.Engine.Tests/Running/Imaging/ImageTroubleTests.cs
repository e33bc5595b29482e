using System.Globalization;
using System.Text;
using BackupCopy.Blocks;
using BackupCopy.Format;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running;
using BackupCopy.Tests.Images;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Running.Imaging;

/// <summary>Images that cannot be read, folders that are away, and copies that are cut off.</summary>
public sealed class ImageTroubleTests : IDisposable
{
    private readonly ImageLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [Fact]
    public async Task Damaged_image_fails_its_machine_alone_and_names_file_and_offset()
    {
        QemuImg.SkipUnlessThere();
        var db = _lab.Dump("db");
        var raw = _lab.Engines.PathOf("web.raw");
        await File.WriteAllBytesAsync(raw, _lab.Next("web"), TestContext.Current.CancellationToken);
        var image = _lab.PathOf(Path.ChangeExtension(_lab.NameOf("web"), "qcow2"));
        QemuImg.Run("convert", "-f", "raw", "-O", "qcow2", raw, image);
        PointFirstTableNowhere(image);
        var session = await _lab.SyncAsync();
        Assert.Equal(SessionResult.Failed, session.Result);
        var web = Assert.Single(session.Machines, m => m.Machine == "web");
        Assert.Equal((SessionResult.Failed, "ImageDamaged"), (web.Result, web.Error));
        Assert.StartsWith($"The image {image} is damaged at offset ", web.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(_lab.Copies("web"), c => c.State == RestorePointState.Complete);
        await _lab.AssertCopiedAsync("db", db);

        // The next one is sound.
        var next = _lab.Dump("web");
        Assert.Equal(SessionResult.Success, (await _lab.SyncAsync()).Result);
        await _lab.AssertCopiedAsync("web", next);
    }

    [Fact]
    public async Task Unknown_content_is_refused_until_the_admin_says_that_it_is_a_disk()
    {
        var dump = Encoding.UTF8.GetBytes(
            string.Concat(Enumerable.Repeat("insert into t values (1);\n", 40_000)));
        _lab.Put(_lab.NameOf("web"), dump);
        var machine = Assert.Single((await _lab.SyncAsync()).Machines);
        Assert.Equal("ImageUnknown", machine.Error);
        Assert.Contains(_lab.PathOf(_lab.NameOf("web")), machine.Reason, StringComparison.Ordinal);
        Assert.EndsWith("say so with -Raw.", machine.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(_lab.Copies(), c => c.State == RestorePointState.Complete);

        _lab.Engine.Repositories.CreateImages("Plain", _lab.Folder, ImageLab.Settings() with { Raw = true });
        _lab.Engine.Jobs.Update("Nightly", new JobSettings { Sources = ["Plain"] });
        Assert.Equal(SessionResult.Success, (await _lab.SyncAsync()).Result);
        await _lab.AssertCopiedAsync("web", dump);
    }

    [Fact]
    public async Task Base_image_outside_of_the_folder_is_refused_and_one_inside_is_read()
    {
        QemuImg.SkipUnlessThere();
        var disk = ImageLab.NewDisk(5);
        await File.WriteAllBytesAsync(
            _lab.Engines.PathOf("secret.raw"), disk, TestContext.Current.CancellationToken);
        Directory.CreateDirectory(_lab.PathOf("bases"));
        _lab.Put("bases/base.raw", disk);
        Overlay("db", "../secret.raw");
        Overlay("mail", _lab.Engines.PathOf("secret.raw"));
        Overlay("web", "bases/base.raw");
        var session = await _lab.SyncAsync();
        foreach (var machine in session.Machines.Where(m => m.Machine != "web"))
        {
            Assert.Equal("ImageOutside", machine.Error);
            Assert.Contains("secret.raw, which is not inside", machine.Reason, StringComparison.Ordinal);
        }

        Assert.Equal(3, session.MachineCount);
        Assert.Equal(
            "web", Assert.Single(_lab.Copies(), c => c.State == RestorePointState.Complete).Machine);
        await _lab.AssertCopiedAsync("web", disk);

        void Overlay(string machine, string to) => QemuImg.Run(
            "create", "-q", "-f", "qcow2", "-u", "-b", to, "-F", "raw",
            _lab.PathOf(Path.ChangeExtension(_lab.NameOf(machine), "qcow2")),
            disk.Length.ToString(CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Empty_image_is_an_error_and_an_empty_folder_a_warning()
    {
        var session = await _lab.SyncAsync();
        Assert.Equal(SessionResult.Warning, session.Result);
        Assert.StartsWith("The repository Dumps holds no image", session.Reason, StringComparison.Ordinal);
        _lab.Put(_lab.NameOf("web"), []);
        session = await _lab.SyncAsync();
        Assert.Equal("ImageEmpty", Assert.Single(session.Machines).Error);
        Assert.DoesNotContain(_lab.Copies(), c => c.State == RestorePointState.Complete);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Folder_that_is_away_for_a_while_costs_no_attempt_and_the_copy_is_whole(bool isUnmounted)
    {
        var web = Large();
        _lab.OnDataWrite(2, () =>
        {
            Directory.Move(_lab.Folder, _lab.Folder + ".away");
            if (isUnmounted)
            {
                Directory.CreateDirectory(_lab.Folder);
            }
        });
        var copying = _lab.SyncAsync();
        await _lab.Engines.WaitForTaskAsync(SessionState.WaitingForRepository);
        await _lab.WaitForAsync($"The repository Dumps is away: {_lab.Folder} is ");
        if (isUnmounted)
        {
            Directory.Delete(_lab.Folder);
        }

        Assert.False(Directory.Exists(_lab.Folder));
        Directory.Move(_lab.Folder + ".away", _lab.Folder);
        var session = await copying;
        Assert.Equal((SessionResult.Success, ""), (session.Result, session.Reason));
        Assert.Equal("Full.", Assert.Single(session.Machines).Reason);
        await _lab.AssertCopiedAsync("web", web);
    }

    [Fact]
    public async Task Share_whose_server_is_gone_for_a_moment_fails_no_machine()
    {
        using var mount = MountedFolder.FuseOrSkip();
        var web = ImageLab.NewDisk(9, 32 << 20);
        await File.WriteAllBytesAsync(
            Path.Combine(mount.Path, _lab.NameOf("web")), web, TestContext.Current.CancellationToken);
        _lab.Engine.Repositories.CreateImages("Share", mount.Path, ImageLab.Settings());
        _lab.Engine.Jobs.Update("Nightly", new JobSettings { Sources = ["Share"] });

        // Who looks for the folder finds it again; open files stay broken.
        _lab.OnDataWrite(1, () =>
        {
            mount.TakeAway();
            mount.PutBack();
        });
        var session = await _lab.SyncAsync(ImageLab.Options with
        {
            Retries = [TimeSpan.Zero],
            Transfer = ImageLab.Options.Transfer with { Recheck = TimeSpan.FromDays(1) },
        });
        Assert.Equal((SessionResult.Success, ""), (session.Result, session.Reason));
        Assert.Equal(2, Assert.Single(session.Machines).Attempts);
        await _lab.AssertCopiedAsync("web", web);
    }

    [Fact]
    public async Task Folder_that_stays_away_is_a_failure_and_what_was_sent_is_not_sent_again()
    {
        var web = Large();
        _lab.OnDataWrite(8, () => Directory.Move(_lab.Folder, _lab.Folder + ".away"));
        var session = await _lab.SyncAsync(ImageLab.Options with
        {
            Transfer = ImageLab.Options.Transfer with { GiveUpAfter = TimeSpan.FromMilliseconds(30) },
        });
        Assert.Equal("ConnectionLost", Assert.Single(session.Machines).Error);
        Assert.False(Directory.Exists(_lab.Folder));
        Assert.DoesNotContain(_lab.Copies(), c => c.State == RestorePointState.Complete);
        Assert.Equal(SessionResult.Failed, (await _lab.SyncAsync()).Result);
        Directory.Move(_lab.Folder + ".away", _lab.Folder);
        session = await _lab.SyncAsync();
        Assert.Equal(SessionResult.Success, session.Result);
        Assert.True(session.ReusedBytes > 0, "Nothing was taken over.");
        await _lab.AssertCopiedAsync("web", web);
    }

    [Fact]
    public async Task Process_that_is_killed_in_the_middle_is_continued_with_what_was_stored()
    {
        var web = Large();
        _lab.Engine.Repositories.Update("Dumps", null, null, null, 4 << 20);
        var before = _lab.Listing();
        using (var process = ChildProcess.Start("sync", _lab.Engine.CatalogPath, "Nightly"))
        {
            var stop = TestContext.Current.CancellationToken;
            while (await process.StandardOutput.ReadLineAsync(stop) is { } line)
            {
                if (line.StartsWith("stored ", StringComparison.Ordinal)
                    && long.Parse(line.AsSpan(7), CultureInfo.InvariantCulture) >= 3 << 20)
                {
                    break;
                }
            }

            Assert.False(process.HasExited, "The copy ended before it could be killed.");
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        Assert.DoesNotContain(_lab.Copies(), c => c.State == RestorePointState.Complete);
        _lab.Engine.Repositories.Update("Dumps", null, null, null, 0);
        var session = await _lab.SyncAsync();
        Assert.Equal(SessionResult.Success, session.Result);
        Assert.InRange(session.ReusedBytes, 1 << 20, web.Length);
        Assert.InRange(session.TransferredBytes, 1, web.Length - (1 << 20));
        await _lab.AssertIsAsync(Assert.Single(_lab.Copies()), web);
        Assert.Equal(before, _lab.Listing());
    }

    [Fact]
    public async Task Two_jobs_take_turns_at_a_folder_that_allows_one_task()
    {
        var web = _lab.Dump("web");
        _lab.Engine.Repositories.Update("Dumps", null, null, maxTasks: 1, null);
        _lab.Engine.Repositories.Create(
            "Third", _lab.Engines.PathOf("Third"), 256 * 1024, Compression.Fast);
        _lab.Engine.Jobs.Create(new JobSettings { Name = "Other", Sources = ["Dumps"], Target = "Third" });
        var before = _lab.Listing();
        using var isReading = new ManualResetEventSlim();
        using var mayGoOn = new ManualResetEventSlim();
        var copiesThen = new List<int>();
        _lab.Before = (what, path) =>
        {
            if (what != "write" || !path.EndsWith(Names.Blocks, StringComparison.Ordinal))
            {
                return;
            }

            if (path.StartsWith(_lab.Engines.PathOf("Offsite"), StringComparison.Ordinal))
            {
                isReading.Set();
                mayGoOn.Wait(TestContext.Current.CancellationToken);
                return;
            }

            lock (copiesThen)
            {
                copiesThen.Add(_lab.Copies().Count(c => c.State == RestorePointState.Complete));
            }
        };
        var first = _lab.SyncAsync();
        isReading.Wait(TestContext.Current.CancellationToken);
        var second = _lab.Engine.Jobs.SyncAsync("Other", ImageLab.Options, null, default);
        while (!_lab.Engine.Sessions.List(running: true).Any(s => s.Job == "Other" && s.Machines.Count > 0))
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        mayGoOn.Set();
        Assert.Equal(SessionResult.Success, (await first).Result);
        Assert.Equal(SessionResult.Success, (await second).Result);

        // The second one did not read before the first one had its point.
        Assert.NotEmpty(copiesThen);
        Assert.All(copiesThen, c => Assert.Equal(1, c));
        await _lab.AssertIsAsync(Assert.Single(_lab.Engines.Points("Third")), web);
        Assert.Equal(before, _lab.Listing());
        Assert.NotEmpty(Directory.GetFiles(
            Path.Combine(Path.GetDirectoryName(_lab.Engine.CatalogPath)!, Names.LockFolder),
            "images-*-task-1*"));
    }

    [Fact]
    public async Task Nothing_is_ever_written_into_the_folder()
    {
        _lab.Dump("db");
        _lab.Dump("web");
        _lab.Put(_lab.NameOf("mail") + ".part", [1]);
        _lab.Put(_lab.NameOf("bad"), [1, 2, 3]);
        var before = _lab.Listing();
        var engine = _lab.Engine;
        engine.Repositories.CheckCreateImages("Again", _lab.Folder, ImageLab.Settings());
        engine.Repositories.CreateImages("Again", _lab.Folder, ImageLab.Settings());
        _ = engine.Repositories.List().ToList();
        _ = engine.RestorePoints.List(new RestorePointQuery { IncludeIncomplete = true }).ToList();
        _ = engine.Jobs.Plan("Nightly", []).ToList();
        var session = await _lab.SyncAsync(ImageLab.Options with { Wait = TimeSpan.Zero });
        Assert.Equal((SessionResult.Failed, 2), (session.Result, session.SuccessCount));
        Assert.NotNull(engine.Jobs.Get("Nightly").Lag);
        await _lab.SyncAsync(ImageLab.Options with { Wait = TimeSpan.Zero, Full = true });
        engine.Repositories.Update("Again", "Other", null, 3, 1 << 20);
        engine.Repositories.Unregister("Other");
        Assert.Equal(before, _lab.Listing());
    }

    private byte[] Large()
    {
        var content = ImageLab.NewDisk(9, 12 << 20);
        _lab.Put(_lab.NameOf("web"), content);
        return content;
    }

    // The first entry of the first table leads behind the end of the file.
    private static void PointFirstTableNowhere(string qcow2)
    {
        using var file = File.Open(qcow2, FileMode.Open);
        var word = new byte[8];
        file.Position = 40;
        file.ReadExactly(word);
        file.Position = System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(word);
        file.Write([0x80, 0, 0, 0x7f, 0, 0, 0, 0]);
    }
}
