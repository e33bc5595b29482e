using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Health;
using BackupCopy.Storage;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Health;

/// <summary>Point files, marks, their copies, and the files of repository and backup.</summary>
public sealed class ChainCheckFilesTests
{
    private static readonly HealthLab s_lab = new();

    [Fact]
    public async Task A_damaged_point_file_is_found_and_the_others_are_checked()
    {
        var disk = s_lab.NewDisk();
        var chain = s_lab.Open(disk);
        var point = chain.Points()[1];
        HealthLab.Flip(disk, Path.Combine(chain.Path, point.FileName), 260);
        var outcome = await HealthLab.CheckAsync(chain);
        var found = Assert.Single(outcome.Damage);
        Assert.Equal(HealthFindingKind.DamagedPoint, found.Kind);
        Assert.Equal(Path.Combine(chain.Path, point.FileName), found.Path);
        Assert.Equal([2], found.AffectedPoints);
        Assert.Contains(4, outcome.Points);
    }

    [Theory]
    [InlineData(Names.Point)]
    [InlineData(Names.Mark)]
    public async Task A_copy_that_is_missing_or_differs_harms_nobody(string ending)
    {
        foreach (var isMissing in (bool[])[true, false])
        {
            var disk = s_lab.NewDisk();
            var chain = s_lab.Open(disk);
            var copy = Path.Combine(chain.Path, chain.Points()[1].Stem + ending + Names.Copy);
            if (isMissing)
            {
                disk.Delete(copy);
            }
            else
            {
                HealthLab.Flip(disk, copy, 30);
            }

            var found = Assert.Single(await HealthLab.FindAsync(chain));
            Assert.Equal((HealthFindingKind.DamagedCopy, copy), (found.Kind, found.Path));
            Assert.True(found.IsHarmless);
        }
    }

    [Fact]
    public async Task A_copy_alone_says_that_somebody_deleted_the_point()
    {
        var disk = s_lab.NewDisk();
        var chain = s_lab.Open(disk);
        var path = Path.Combine(chain.Path, chain.Points()[3].FileName);
        disk.Delete(path);
        var found = await HealthLab.FindAsync(chain);
        var lost = Assert.Single(found, d => d.Kind == HealthFindingKind.DamagedPoint);
        Assert.Equal(path, lost.Path);
        Assert.Equal([4], lost.AffectedPoints);

        // Beside a tombstone it is a removal that was interrupted.
        disk = s_lab.NewDisk();
        chain = s_lab.Open(disk);
        disk.Rename(path, Path.ChangeExtension(path, Names.Removed));
        Assert.DoesNotContain(
            await HealthLab.FindAsync(chain), d => d.Kind == HealthFindingKind.DamagedPoint);
    }

    [Fact]
    public async Task Marks_are_verified_and_a_lost_one_is_missed()
    {
        var disk = s_lab.NewDisk();
        var chain = s_lab.Open(disk);
        var path = Path.Combine(chain.Path, chain.Points()[1].Stem + Names.Mark);
        HealthLab.Flip(disk, path, 40);
        var found = Assert.Single(await HealthLab.FindAsync(chain));
        Assert.Equal((HealthFindingKind.DamagedMark, path), (found.Kind, found.Path));
        disk.Delete(path);
        found = Assert.Single(await HealthLab.FindAsync(chain));
        Assert.Equal((HealthFindingKind.DamagedMark, path), (found.Kind, found.Path));
    }

    [Fact]
    public async Task A_point_file_under_a_second_name_is_damage()
    {
        var disk = s_lab.NewDisk();
        var chain = s_lab.Open(disk);
        var point = chain.Points()[1];
        var twin = Path.Combine(chain.Path, Names.PointFile(2, point.TimeUtc.AddDays(1)));
        disk.Replace(twin, disk.ReadSmall(Path.Combine(chain.Path, point.FileName), 1 << 20));
        var found = await HealthLab.FindAsync(chain);
        Assert.Equal(twin, Assert.Single(found, d => d.Kind == HealthFindingKind.DamagedPoint).Path);
    }

    [Theory]
    [InlineData(Names.RepositoryFile)]
    [InlineData(Names.RepositoryFileCopy)]
    public void Each_description_of_a_repository_is_verified(string name)
    {
        var disk = s_lab.NewDisk();
        var repository = s_lab.Open(disk).Repository;
        Assert.Empty(RepositoryCheck.Run(repository));
        var path = Path.Combine(HealthLab.Folder, name);
        HealthLab.Flip(disk, path, 100);
        Assert.Equal(path, Assert.Single(RepositoryCheck.Run(repository)).Path);
        disk.Delete(path);
        Assert.Equal(
            HealthFindingKind.DamagedDescription, Assert.Single(RepositoryCheck.Run(repository)).Kind);
        disk.Replace(path, (repository.File with { ReleaseMode = ReleaseMode.WholeFiles }).ToBytes());
        var differs = Assert.Single(RepositoryCheck.Run(repository));
        Assert.Equal(Path.Combine(HealthLab.Folder, Names.RepositoryFileCopy), differs.Path);
    }

    [Fact]
    public void A_summary_that_does_not_read_harms_nobody_and_a_missing_one_is_no_damage()
    {
        var disk = s_lab.NewDisk();
        var backup = Assert.Single(s_lab.Open(disk).Repository.Backups());
        Assert.Empty(RepositoryCheck.Run(backup));
        BackupSummary.Refresh(backup);
        Assert.Empty(RepositoryCheck.Run(backup));
        disk.Replace(Path.Combine(backup.Path, Names.BackupFile), "{ no"u8);
        var found = Assert.Single(RepositoryCheck.Run(backup));
        Assert.Equal(HealthFindingKind.DamagedSummary, found.Kind);
        Assert.True(found.IsHarmless);
    }
}
