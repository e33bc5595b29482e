using BackupCopy.Blocks;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running;

namespace BackupCopy.Tests.Running;

/// <summary>A job whose source lost a block: the copy goes on with the block of somebody else.</summary>
public sealed class MendedSourceTests : IDisposable
{
    private const int Length = 3_000_000;

    private readonly EngineLab _lab = new();
    private readonly List<string> _warnings = [];

    public void Dispose() => _lab.Dispose();

    [Fact]
    public async Task A_block_that_an_older_copy_has_comes_from_there_and_the_session_warns()
    {
        var image = _lab.NewImage("web01.img", Length, seed: 1);
        var point = await _lab.ImportAsync("web01", image);
        _lab.NewJob();
        await _lab.SyncAsync();
        EngineLab.Damage(point);
        var session = await _lab.SyncAsync(
            new SyncOptions { Full = true, Warn = _warnings.Add });
        AssertMended(session, "the copies in Offsite");
        await AssertRestoresAsync(image);
    }

    [Fact]
    public async Task A_block_that_another_source_has_comes_from_there()
    {
        var image = _lab.NewImage("web01.img", Length, seed: 1);
        var point = await _lab.ImportAsync("web01", image);
        _lab.Engine.Repositories.Create("Second", _lab.PathOf("Second"), 256 * 1024, Compression.Fast);
        NewJob("Feeder", ["Primary"], "Second");
        await _lab.Engine.Jobs.SyncAsync("Feeder", new SyncOptions(), null, default);
        NewJob("Nightly", ["Primary", "Second"], "Offsite");
        EngineLab.Damage(point);
        var session = await _lab.SyncAsync(new SyncOptions { Warn = _warnings.Add });
        AssertMended(session, "repository Second, backup Feeder");
        await AssertRestoresAsync(image);
    }

    [Fact]
    public async Task What_was_taken_from_elsewhere_is_told_also_when_another_block_is_lost()
    {
        var image = _lab.NewImage("web01.img", Length, seed: 1);
        await _lab.ImportAsync("web01", image);
        _lab.NewJob();
        await _lab.SyncAsync();
        EngineLab.Change(image, Length - 200_000, 200_000, seed: 2);
        _lab.Clock.Advance(TimeSpan.FromDays(1));
        var second = await _lab.ImportAsync("web01", image);
        var blocks = Directory.GetFiles(Path.GetDirectoryName(second.Path)!, "*.bcblocks").Order().ToList();
        Overwrite(blocks[0]);

        // The third file has the data of the second point, which nobody else has.
        Overwrite(blocks[2]);
        var session = await _lab.SyncAsync(new SyncOptions { Full = true, Warn = _warnings.Add });
        var machine = Assert.Single(session.Machines);
        Assert.Equal((SessionResult.Failed, "DamagedBlock"), (machine.Result, machine.Error));
        Assert.Contains(blocks[2], machine.Reason, StringComparison.Ordinal);
        Assert.StartsWith(
            "web01: 1 block of the source was damaged", Assert.Single(_warnings), StringComparison.Ordinal);
        Assert.Single(_lab.Points("Offsite"));
    }

    private void AssertMended(SessionInfo session, string giver)
    {
        Assert.Equal(SessionResult.Warning, session.Result);
        var machine = Assert.Single(session.Machines);
        Assert.Equal(SessionResult.Success, machine.Result);
        Assert.EndsWith(
            "1 block of the source was damaged and taken from elsewhere.", machine.Reason,
            StringComparison.Ordinal);
        var told = Assert.Single(
            _lab.Engine.Catalog.FindSession(session.Id)!.Events,
            e => e.Id == SessionEventId.DamageFound);
        Assert.Equal((EventLevel.Warning, "web01"), (told.Level, told.Machine));
        Assert.Contains($"It came from {giver}.", told.Text, StringComparison.Ordinal);
        Assert.Contains("-Repository Primary -Machine web01 -Repair", told.Text, StringComparison.Ordinal);
        Assert.Equal("web01: " + told.Text, Assert.Single(_warnings));
    }

    private async Task AssertRestoresAsync(string image)
    {
        var file = Assert.Single(await _lab.Engine.RestorePoints.ExportAsync(
            _lab.Points("Offsite")[^1], _lab.PathOf("restore"), [], replace: false, null, default));
        Assert.Equal(await File.ReadAllBytesAsync(image), await File.ReadAllBytesAsync(file));
    }

    private void NewJob(string name, string[] sources, string target) => _lab.Engine.Jobs.Create(
        new JobSettings { Name = name, Sources = sources, Target = target });

    private static void Overwrite(string blocks)
    {
        using var file = File.OpenWrite(blocks);
        file.Position = 6000;
        file.Write(new byte[100]);
    }
}
