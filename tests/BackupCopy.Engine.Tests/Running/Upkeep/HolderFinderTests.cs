using BackupCopy.Blocks;
using BackupCopy.Inventory;
using BackupCopy.Jobs;
using BackupCopy.Running;
using BackupCopy.Running.Upkeep;

namespace BackupCopy.Tests.Running.Upkeep;

/// <summary>Where bytes of a damaged chain are looked for, and in which order.</summary>
public sealed class HolderFinderTests : IDisposable
{
    private readonly RetentionLab _lab = new(new JobRetention { KeepPoints = 9 });

    public void Dispose() => _lab.Dispose();

    [Fact]
    public async Task Sources_come_first_the_selected_ones_before_others_then_other_backups_of_the_target()
    {
        await PrepareAsync();
        var job = _lab.Job with { Selection = new JobSelection { FromBackups = ["Weekly*"] } };
        Assert.Equal(
            [
                "repository Primary, backup Weekly", "repository Primary, backup Manual",
                "repository Offsite, backup Manual",
            ],
            Find(job));
    }

    [Fact]
    public async Task Backup_without_a_job_may_be_healed_from_every_other_repository()
    {
        await PrepareAsync();
        Assert.Equal(
            [
                "repository Primary, backup Manual", "repository Primary, backup Weekly",
                "repository Third, backup Manual", "repository Offsite, backup Manual",
            ],
            Find(null).Order(Comparer<string>.Create((a, b) => Rank(a) - Rank(b))));
    }

    [Fact]
    public async Task Source_that_is_away_holds_nothing_and_fails_nothing()
    {
        await PrepareAsync();
        Directory.Move(_lab.Engines.PathOf("Primary"), _lab.Engines.PathOf("Elsewhere"));
        Assert.Equal(["repository Offsite, backup Manual"], Find(_lab.Job));
    }

    private static int Rank(string title) =>
        title.StartsWith("repository Offsite", StringComparison.Ordinal) ? 2
        : title.StartsWith("repository Third", StringComparison.Ordinal) ? 1
        : 0;

    private IEnumerable<string> Find(JobDefinition? job)
    {
        var target = TargetBackup.Open(_lab.Engine, _lab.Job);
        return HolderFinder.Of(
            _lab.Engine, job, target.Repository, _lab.Chain(), Identity.OfMachine("web01"), "web01")
            .Select(h => h.Title);
    }

    private async Task PrepareAsync()
    {
        _lab.Engine.Repositories.Create(
            "Third", _lab.Engines.PathOf("Third"), 256 * 1024, Compression.Fast);
        await _lab.LiveAsync(1);
        await _lab.LiveAsync(1, "db01");
        var image = _lab.Engines.PathOf("web01.img");
        (string Repository, string Backup)[] others =
            [("Primary", "Weekly"), ("Offsite", "Manual"), ("Third", "Manual")];
        foreach (var (repository, backup) in others)
        {
            await _lab.Engine.RestorePoints.CreateAsync(
                new NewRestorePoint
                {
                    Repository = repository,
                    Machine = "web01",
                    Images = [image],
                    Raw = true,
                    Backup = backup,
                },
                null, default);
        }
    }
}
