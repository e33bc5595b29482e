using BackupCopy.Blocks;
using BackupCopy.Inventory;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running;
using BackupCopy.Running.Upkeep;

namespace BackupCopy.Tests.Running.Imaging;

/// <summary>What is said of a folder of images, and what it is not taken for.</summary>
public sealed class ImageRepositoryTests : IDisposable
{
    private readonly ImageLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void Repository_shows_what_lies_in_it()
    {
        _lab.Dump("db");
        _lab.Dump("web");
        _lab.Dump("web");
        var shown = _lab.Engine.Repositories.Get("Dumps");
        Assert.Equal(
            (RepositoryKind.Images, RepositoryState.Available, 2, 3, 3L * ImageLab.ImageBytes, ""),
            (shown.Kind, shown.State, shown.MachineCount, shown.RestorePointCount, shown.StoredBytes,
                shown.Reason));
        Assert.Equal([ImageLab.Dated], shown.Pattern);
        Assert.Equal(
            [RepositoryKind.Images, RepositoryKind.RestorePoints, RepositoryKind.RestorePoints],
            _lab.Engine.Repositories.List().Select(r => r.Kind));

        Directory.Move(_lab.Folder, _lab.Folder + ".away");
        var away = _lab.Engine.Repositories.Get("Dumps");
        Assert.Equal(
            (RepositoryKind.Images, RepositoryState.Unavailable, 0),
            (away.Kind, away.State, away.RestorePointCount));
        Assert.Contains($"{_lab.Folder} is not there", away.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Repository_names_what_cannot_be_used()
    {
        _lab.Dump("web");
        _lab.Put($"db-{_lab.NowUtc:yyyy-MM-dd_HHmm}Z.img.part", [1], _lab.NowUtc.AddDays(-3));
        _lab.Put($"mail-{_lab.NowUtc:yyyy-MM-dd_HHmm}Z.img.part", [1], _lab.NowUtc.AddDays(-3));
        var shown = _lab.Engine.Repositories.Get("Dumps");
        Assert.Equal((RepositoryState.Available, 1), (shown.State, shown.RestorePointCount));
        Assert.Contains("img.part was left unfinished", shown.Reason, StringComparison.Ordinal);
        Assert.EndsWith(" There is one further problem.", shown.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Points_are_listed_by_machine_and_those_that_are_written_only_on_request()
    {
        _lab.Dump("web");
        _lab.Dump("web");
        _lab.Dump("db");
        _lab.Put($"db-{_lab.NowUtc:yyyy-MM-dd}_2359Z.img.part", [1]);
        var listed = _lab.Engines.Points("Dumps");
        Assert.Equal(["db", "web", "web"], listed.Select(p => p.Machine));
        Assert.Equal(_lab.NowUtc, listed[0].Time.ToUniversalTime());
        Assert.All(listed, p => Assert.Equal(
            (RestorePointType.Full, RestorePointState.Complete, "Dumps", (long)ImageLab.ImageBytes),
            (p.Type, p.State, p.Backup, p.SizeBytes)));
        Assert.True(listed[1].Sequence < listed[2].Sequence);
        Assert.Equal(_lab.PathOf(_lab.NameOf("db")), listed[0].Path);
        Assert.Equal(["db"], listed[0].Disks.Select(d => d.Name));

        var all = _lab.Engine.RestorePoints.List(new RestorePointQuery
        {
            Repositories = ["Dumps"],
            Machines = ["db"],
            IncludeIncomplete = true,
        }).ToList();
        Assert.Equal([RestorePointState.Complete, RestorePointState.Locked], all.Select(p => p.State));
        Assert.Contains("says that it is not finished", all[1].Reason, StringComparison.Ordinal);
        Assert.Equal(2, _lab.Engine.RestorePoints.List(
            new RestorePointQuery { Repositories = ["Dumps"], Newest = 1 }).Count());
    }

    [Fact]
    public async Task Whatever_needs_restore_points_in_it_is_refused()
    {
        _lab.Dump("web");
        var point = Assert.Single(_lab.Engines.Points("Dumps"));
        var engine = _lab.Engine;
        var before = _lab.Listing();
        Action[] actions =
        [
            () => engine.Jobs.Create(new JobSettings
            {
                Name = "Wrong",
                Sources = ["Primary"],
                Target = "Dumps",
            }),
            () => engine.Jobs.CheckUpdate("Nightly", new JobSettings
            {
                Sources = ["Primary"],
                Target = "Dumps",
            }),
            () => engine.Repositories.Rescan("Dumps", default),
            () => engine.RestorePoints.SetHold(point, hold: true),
            () => engine.RestorePoints.Remove([point], force: true),
            () => engine.Repositories.Update(
                "Dumps", null, null, null, null, BackupCopy.Format.ReleaseMode.Punch),
            () => engine.Compaction.Plan(new CompactionScope.OfBackup("Dumps", "Dumps"), new(), default),
        ];
        Assert.All(actions, action => Assert.Equal(
            ErrorCode.ImageRepository, Assert.Throws<BackupCopyException>(action).Code));
        Func<Task>[] tasks =
        [
            () => engine.RestorePoints.CreateAsync(
                new NewRestorePoint { Repository = "Dumps", Machine = "web", Images = [point.Path] }, null,
                default),
            () => engine.RestorePoints.ExportAsync(
                point, _lab.Engines.PathOf("out"), [], replace: false, null, default),
            () => engine.Health.RunAsync(new HealthScope.OfRepository("Dumps"), new(), default),
        ];
        foreach (var task in tasks)
        {
            Assert.Equal(
                ErrorCode.ImageRepository, (await Assert.ThrowsAsync<BackupCopyException>(task)).Code);
        }

        var failed = new List<ErrorCode>();
        await engine.Health.RunAsync(
            new HealthScope.OfPoints([point]), new() { Fail = (_, error) => failed.Add(error.Code) },
            default);
        Assert.Equal([ErrorCode.ImageRepository], failed);
        Assert.Equal(before, _lab.Listing());
        Assert.Equal(["Nightly"], engine.Jobs.List().Select(j => j.Name));
        Assert.Empty(engine.Backups.List([], ["Dumps"]));
    }

    [Fact]
    public void Repository_of_restore_points_is_no_folder_of_images()
    {
        Assert.Equal(ErrorCode.RepositoryExists, Assert.Throws<BackupCopyException>(() =>
            _lab.Engine.Repositories.CreateImages(
                "Wrong", _lab.Engines.PathOf("Primary"), ImageLab.Settings())).Code);
        Assert.Equal(ErrorCode.RepositoryUnavailable, Assert.Throws<BackupCopyException>(() =>
            _lab.Engine.Repositories.CreateImages(
                "Wrong", _lab.Engines.PathOf("Nowhere"), ImageLab.Settings())).Code);
        Assert.False(Directory.Exists(_lab.Engines.PathOf("Nowhere")));
        Assert.Equal(ErrorCode.RepositoryNameTaken, Assert.Throws<BackupCopyException>(() =>
            _lab.Engine.Repositories.CreateImages("Offsite", _lab.Folder, ImageLab.Settings())).Code);
        Assert.Equal(ErrorCode.InvalidArgument, Assert.Throws<BackupCopyException>(() =>
            _lab.Engine.Repositories.CheckCreateImages(
                "Wrong", _lab.Folder, ImageLab.Settings("{machin}.img"))).Code);
        Assert.Equal(ErrorCode.InvalidArgument, Assert.Throws<BackupCopyException>(() =>
            _lab.Engine.Repositories.CheckCreateImages(
                "Wrong", _lab.Folder, ImageLab.Settings(settleSeconds: -1))).Code);
        Assert.Equal(3, _lab.Engine.Repositories.List().Count());
    }

    [Fact]
    public async Task Target_inside_the_folder_is_not_taken_for_images()
    {
        using var lab = new ImageLab(settings: new() { Raw = true, SettleTime = TimeSpan.Zero });
        lab.Engine.Repositories.Create("Inside", lab.PathOf("copies"), 256 * 1024, Compression.Fast);
        lab.Engine.Jobs.Create(new JobSettings { Name = "In", Sources = ["Dumps"], Target = "Inside" });
        var web = lab.Next("web");
        lab.Put("web-2026-10-30.bak", web);
        for (var i = 0; i < 3; i++)
        {
            var session = await lab.Engine.Jobs.SyncAsync("In", ImageLab.Options, null, default);
            Assert.Equal((SessionResult.Success, "web"), (
                session.Result, string.Join(',', session.Machines.Select(m => m.Machine))));
        }

        Assert.Equal(["web"], lab.Engines.Points("Dumps").Select(p => p.Machine));
        await lab.AssertIsAsync(Assert.Single(lab.Engines.Points("Inside")), web);
    }

    [Fact]
    public void Settings_are_in_the_catalog_and_not_in_the_folder()
    {
        var settings = new ImageFolderSettings
        {
            Patterns = ["{machine}_{yyyyMMdd}Z.{ext}", "{machine}/{yyyyMMdd}.{ext}"],
            Raw = true,
            SettleTime = TimeSpan.FromSeconds(90),
        };
        using var lab = new ImageLab(settings: settings);
        lab.Engine.Repositories.Update("Dumps", "Images", null, 2, 5 << 20);
        var again = lab.NewEngine();
        var kept = again.Catalog.FindRepository("Images")!;
        Assert.Equal(
            (true, settings.SettleTime, 2), (kept.Images!.Raw, kept.Images.SettleTime, kept.MaxTasks));
        Assert.Equal(settings.Patterns, kept.Images.Patterns);
        var shown = again.Repositories.Get("Images");
        Assert.Equal(settings.Patterns, shown.Pattern);
        Assert.Equal((true, settings.SettleTime), (shown.Raw, shown.SettleTime));
        Assert.Empty(Directory.GetFileSystemEntries(lab.Folder));

        // The engine knows it by its id.
        Directory.Move(lab.Folder, lab.Folder + "2");
        again.Repositories.Update("Images", null, lab.Folder + "2", null, null);
        File.WriteAllBytes(Path.Combine(lab.Folder + "2", "web_20261030Z.dump"), lab.Next("web"));
        Assert.Equal("web", Assert.Single(again.RestorePoints.List(new RestorePointQuery
        {
            Repositories = ["Images"],
            IncludeIncomplete = true,
        })).Machine);
        Assert.Equal(["Images"], again.Jobs.Get("Nightly").Source);
    }
}
