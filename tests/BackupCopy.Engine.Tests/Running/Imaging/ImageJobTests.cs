using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running;

namespace BackupCopy.Tests.Running.Imaging;

/// <summary>Which images a job copies, and what becomes of them.</summary>
public sealed class ImageJobTests : IDisposable
{
    private readonly ImageLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [Fact]
    public async Task Next_days_image_is_an_increment_of_what_has_changed()
    {
        var day0 = _lab.Dump("web");
        var first = await _lab.SyncAsync();
        Assert.Equal((SessionResult.Success, "Full."), (first.Result, Assert.Single(first.Machines).Reason));
        Assert.InRange(first.TransferredBytes, ImageLab.ImageBytes, ImageLab.ImageBytes * 1.1);
        var day1 = _lab.Dump("web");
        var second = await _lab.SyncAsync();
        var machine = Assert.Single(second.Machines);
        Assert.Equal((SessionResult.Success, "Increment."), (second.Result, machine.Reason));
        Assert.InRange(second.TransferredBytes, 1, 600_000);
        Assert.Equal((2L, "Dumps", "Dumps"), (
            machine.TargetSequence, machine.SourceRepository, machine.SourceBackup));

        var third = await _lab.SyncAsync();
        Assert.Equal(
            "Nothing is newer than what was copied last.", Assert.Single(third.Machines).Reason);
        var copies = _lab.Copies();
        Assert.Equal(2, copies.Count);
        await _lab.AssertIsAsync(copies[0], day0);
        await _lab.AssertIsAsync(copies[1], day1);
    }

    [Fact]
    public async Task Time_in_the_name_decides_and_not_when_the_file_was_written()
    {
        var (older, newer) = (_lab.Next("web"), _lab.Next("web"));
        _lab.Put("web-2026-10-31_2100Z.img", newer, _lab.NowUtc.AddDays(-9));
        _lab.Put("web-2026-10-30_2100Z.img", older, _lab.NowUtc);
        await _lab.SyncAsync();
        var copy = Assert.Single(_lab.Copies());
        Assert.Equal(new DateTime(2026, 10, 31, 21, 0, 0, DateTimeKind.Utc), copy.Time.ToUniversalTime());
        await _lab.AssertIsAsync(copy, newer);

        // One that is older than what was copied comes too late.
        _lab.Put("web-2026-10-31_2059Z.img", older, _lab.NowUtc.AddHours(1));
        await _lab.SyncAsync();
        Assert.Single(_lab.Copies());
    }

    [Fact]
    public async Task Image_that_is_written_anew_under_its_name_counts_by_its_own_time()
    {
        using var lab = new ImageLab(settings: ImageLab.Settings("{machine}.{ext}"));
        var first = lab.Next("web");
        lab.Put("web.img", first);
        await lab.SyncAsync();
        lab.Engines.Clock.Advance(TimeSpan.FromDays(1));
        await lab.SyncAsync();
        Assert.Single(lab.Copies());
        var second = lab.Next("web");
        lab.Put("web.img", second);
        await lab.SyncAsync();
        Assert.Equal([-1, 0], lab.Copies().Select(c => (c.Time.ToUniversalTime() - lab.NowUtc).Days));
        await lab.AssertIsAsync(lab.Copies()[0], first);
        await lab.AssertIsAsync(lab.Copies()[1], second);
    }

    [Fact]
    public async Task Machines_are_copied_each_for_itself()
    {
        string[] names = ["db", "mail", "web"];
        var states = names.ToDictionary(n => n, _lab.Dump);
        var session = await _lab.SyncAsync();
        Assert.Equal(names, session.Machines.Select(m => m.Machine).Order());
        states["mail"] = _lab.Dump("mail");
        session = await _lab.SyncAsync(ImageLab.Options with { Machines = ["m*"] });
        Assert.Equal("mail", Assert.Single(session.Machines).Machine);
        Assert.Equal(["db", "mail", "mail", "web"], _lab.Copies().Select(c => c.Machine));
        foreach (var name in names)
        {
            await _lab.AssertCopiedAsync(name, states[name]);
        }
    }

    [Fact]
    public async Task Machine_is_the_same_whatever_the_case_of_its_letters()
    {
        _lab.Put(_lab.NameOf("Web"), _lab.Next("web"));
        await _lab.SyncAsync();
        _lab.Engines.Clock.Advance(TimeSpan.FromHours(1));
        var second = _lab.Next("web");
        _lab.Put(_lab.NameOf("WEB"), second);
        Assert.Equal("Increment.", Assert.Single((await _lab.SyncAsync()).Machines).Reason);
        Assert.Equal(2, _lab.Copies("web").Count);
        await _lab.AssertCopiedAsync("web", second);
    }

    [Theory]
    [InlineData("Weekly", null, null, "db,web")]
    [InlineData("week*", null, "db", "web")]
    [InlineData(null, "Daily", null, "mail,web")]
    [InlineData(null, null, "w*", "db,mail")]
    [InlineData("nobody", null, null, "")]
    public async Task Job_in_the_name_and_the_machine_select(
        string? fromJob, string? fromBackup, string? exclude, string expected)
    {
        using var lab = new ImageLab(settings: ImageLab.Settings("{job}/" + ImageLab.Dated));
        foreach (var name in (string[])["Weekly/db", "Weekly/web", "Daily/web", "Daily/mail"])
        {
            lab.Put(lab.NameOf(name), lab.Next(name));
        }

        lab.Engine.Jobs.Update("Nightly", new JobSettings
        {
            FromJobs = fromJob is null ? [] : [fromJob],
            FromBackups = fromBackup is null ? [] : [fromBackup],
            Exclude = exclude is null ? [] : [exclude],
        });
        var session = await lab.SyncAsync();
        Assert.Equal(expected, string.Join(',', lab.Copies().Select(c => c.Machine)));
        Assert.Equal(
            expected.Length > 0 ? SessionResult.Success : SessionResult.Warning, session.Result);
        Assert.All(session.Machines, m => Assert.Equal(
            fromBackup ?? (fromJob is null ? m.SourceBackup : "Weekly"), m.SourceBackup));
    }

    [Fact]
    public async Task Disks_keep_their_identity_over_days_by_name_and_by_place()
    {
        using var lab = new ImageLab(settings: ImageLab.Settings("{machine}/{yyyy-MM-dd}/{disk}.{ext}"));
        await DayAsync(lab, 1, ("vda", "a"), ("vdb", "b"));
        var ids = Ids(lab);

        // In another order of names, with another one beside them, and without.
        await DayAsync(lab, 2, ("aux", "c"), ("vda", "a"), ("vdb", "b"));
        var three = Ids(lab);
        Assert.Equal((ids["vda"], ids["vdb"]), (three["vda"], three["vdb"]));
        Assert.DoesNotContain(three["aux"], ids.Values);
        await DayAsync(lab, 3, ("vda", "a"), ("vdb", "b"));
        Assert.Equal(ids, Ids(lab));

        // All are called otherwise now: by place, as little is stored as before.
        var renamed = await DayAsync(lab, 4, ("sda", "a"), ("sdb", "b"));
        Assert.InRange(renamed.TransferredBytes, 1, 1_200_000);
        Assert.Equal((ids["vda"], ids["vdb"]), (Ids(lab)["sda"], Ids(lab)["sdb"]));
    }

    [Fact]
    public async Task Immediate_job_copies_every_image_oldest_first()
    {
        _lab.Schedule(new JobSchedule { Mode = JobMode.Immediate });
        _lab.Dump("web");
        var newest = _lab.Dump("web");
        await _lab.SyncAsync();
        await _lab.AssertIsAsync(Assert.Single(_lab.Copies()), newest);
        byte[][] states = [_lab.Dump("web"), _lab.Dump("web"), _lab.Dump("web")];
        var session = await _lab.SyncAsync();
        Assert.Equal((SessionResult.Success, 3), (session.Result, session.Machines.Count));
        Assert.All(session.Machines, m => Assert.Equal("Increment.", m.Reason));
        var copies = _lab.Copies();
        Assert.Equal(4, copies.Count);
        for (var i = 0; i < states.Length; i++)
        {
            await _lab.AssertIsAsync(copies[i + 1], states[i]);
        }
    }

    [Theory]
    [InlineData(-23, 1)]
    [InlineData(-25, 0)]
    public async Task Image_that_is_older_than_one_interval_does_not_count(int hours, int copies)
    {
        _lab.Schedule(new JobSchedule { Every = TimeSpan.FromDays(1) });
        _lab.Engines.Clock.Advance(TimeSpan.FromHours(hours));
        _lab.Put(_lab.NameOf("web"), _lab.Next("web"));
        _lab.Engines.Clock.Advance(TimeSpan.FromHours(-hours));
        var session = await _lab.SyncAsync();
        Assert.Equal(copies, _lab.Copies().Count);
        Assert.Equal(copies == 1 ? "" : "WaitTimedOut", Assert.Single(session.Machines).Error);
    }

    [Fact]
    public async Task Newer_of_two_sources_is_copied_be_it_an_image_or_a_restore_point()
    {
        _lab.Engine.Jobs.Update("Nightly", new JobSettings { Sources = ["Dumps", "Primary"] });
        var image = _lab.Dump("web");
        var older = _lab.Engines.NewImage("older.img", ImageLab.ImageBytes, seed: 7);
        await _lab.Engines.ImportAsync("web", older, _lab.NowUtc.AddMinutes(-1));
        await _lab.SyncAsync();
        await _lab.AssertCopiedAsync("web", image);
        await _lab.Engines.ImportAsync("web", older, _lab.NowUtc.AddMinutes(1));
        Assert.Equal("Primary", Assert.Single((await _lab.SyncAsync()).Machines).SourceRepository);
        await _lab.AssertCopiedAsync("web", await File.ReadAllBytesAsync(
            older, TestContext.Current.CancellationToken));
        await _lab.AssertCopiedAsync("web", await AfterAsync());

        async Task<byte[]> AfterAsync()
        {
            var next = _lab.Dump("web");
            Assert.Equal("Dumps", Assert.Single((await _lab.SyncAsync()).Machines).SourceRepository);
            return next;
        }
    }

    private static async Task<SessionInfo> DayAsync(
        ImageLab lab, int day, params (string Disk, string Content)[] disks)
    {
        var states = new List<byte[]>();
        foreach (var (disk, content) in disks)
        {
            states.Add(lab.Next(content));
            lab.Put($"web/2026-10-{day:00}/{disk}.img", states[^1]);
        }

        var session = await lab.SyncAsync();
        Assert.Equal((SessionResult.Success, ""), (session.Result, session.Reason));
        await lab.AssertCopiedAsync("web", [.. states]);
        return session;
    }

    private static Dictionary<string, Guid> Ids(ImageLab lab) =>
        lab.Copies()[^1].Disks.ToDictionary(d => d.Name, d => d.Id);
}
