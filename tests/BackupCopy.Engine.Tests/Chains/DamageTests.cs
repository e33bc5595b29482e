using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Storage;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Chains;

/// <summary>
/// I-5: whatever the storage changes, a reader gets the right bytes or a named error, never other bytes.
/// </summary>
public sealed class ChainDamageTests
{
    private static readonly CrashLab s_lab = new(seed: 3);

    [Theory]
    [InlineData(".bcblocks")]
    [InlineData(".bcindex")]
    [InlineData(".bcpoint")]
    public void A_flipped_bit_is_an_error_or_changes_nothing(string ending)
    {
        var intact = s_lab.NewDisk();
        var files = intact.List(CrashLab.Target(intact).Path)
            .Where(e => e.Name.EndsWith(ending, StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(files);
        var named = 0;
        foreach (var seed in TestBudget.Seeds(150))
        {
            var random = new Random(seed);
            var disk = s_lab.NewDisk();
            var file = files[random.Next(files.Count)];
            var chain = CrashLab.Target(disk);
            DropCopies(disk, chain);
            Flip(
                disk, Path.Combine(chain.Path, file.Name), random.NextInt64(file.Length),
                1 << random.Next(8));
            named += ReadAll(chain);
        }

        Assert.True(named > 0, "No flip was noticed.");
    }

    [Theory]
    [InlineData(".bcblocks")]
    [InlineData(".bcindex")]
    [InlineData(".bcpoint")]
    public void A_truncated_file_is_an_error(string ending)
    {
        foreach (var entry in s_lab.NewDisk().List(CrashLab.Target(s_lab.NewDisk()).Path)
            .Where(e => e.Name.EndsWith(ending, StringComparison.Ordinal)))
        {
            var disk = s_lab.NewDisk();
            var chain = CrashLab.Target(disk);
            DropCopies(disk, chain);
            using (var file = disk.Open(Path.Combine(chain.Path, entry.Name), OpenFor.Changing))
            {
                file.SetLength(entry.Length - 4096 > 0 ? entry.Length - 4096 : entry.Length / 2);
            }

            Assert.True(ReadAll(chain) > 0, $"{entry.Name} was cut and nobody noticed.");
        }
    }

    [Fact]
    public void Exchanged_block_files_are_an_error()
    {
        var disk = s_lab.NewDisk();
        var chain = CrashLab.Target(disk);
        var blocks = disk.List(chain.Path).Select(e => e.Name)
            .Where(n => n.EndsWith(".bcblocks", StringComparison.Ordinal)).Order().ToList();
        var spare = Path.Combine(chain.Path, "spare");
        disk.Rename(Path.Combine(chain.Path, blocks[0]), spare);
        disk.Rename(Path.Combine(chain.Path, blocks[2]), Path.Combine(chain.Path, blocks[0]));
        disk.Rename(spare, Path.Combine(chain.Path, blocks[2]));
        Assert.True(ReadAll(chain) > 0);
    }

    [Fact]
    public void A_damaged_block_names_machine_disk_block_and_the_points_that_use_it()
    {
        var disk = s_lab.NewDisk();
        var chain = CrashLab.Target(disk);
        var first = disk.List(chain.Path)
            .First(e => e.Name.EndsWith("00000001.bcblocks", StringComparison.Ordinal));
        Flip(disk, Path.Combine(chain.Path, first.Name), 4096 + 200, 1);
        var error = Assert.Throws<BackupCopyException>(() => ReadPoint(chain, chain.Points()[0]));
        Assert.Equal(ErrorCode.DamagedBlock, error.Code);
        Assert.Contains("web01", error.Message, StringComparison.Ordinal);
        Assert.Contains("disk0", error.Message, StringComparison.Ordinal);
        Assert.Contains("restore points 1", error.Message, StringComparison.Ordinal);
        Assert.Contains(first.Name, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_copy_never_carries_a_damaged_record()
    {
        var source = s_lab.NewDisk();
        var chain = CrashLab.Target(source);
        Flip(source, Path.Combine(chain.Path, "00000001.bcblocks"), 4096 + 300, 4);
        var target = new SimulatedDisk();
        var copy = Lab.ChainIn(Lab.NewRepository(target, Path.Combine(SimulatedDisk.Root, "third")));
        var error = Assert.Throws<BackupCopyException>(() => Lab.Copy(chain, 1, copy));
        Assert.Equal(ErrorCode.DamagedBlock, error.Code);
        Assert.Empty(copy.Points());
    }

    [Fact]
    public void A_lost_index_is_rebuilt_by_a_rescan_and_every_point_reads_as_before()
    {
        var disk = s_lab.NewDisk();
        var chain = CrashLab.Target(disk);
        foreach (var entry in disk.List(chain.Path)
            .Where(e => e.Name.EndsWith(".bcindex", StringComparison.Ordinal)))
        {
            disk.Delete(Path.Combine(chain.Path, entry.Name));
        }

        Assert.True(ReadAll(chain) > 0);
        var findings = ChainRescan.Run(chain);
        Assert.Empty(findings.Damage);
        Assert.Equal(6, findings.RebuiltIndexes);
        Assert.Equal(0, ReadAll(CrashLab.Target(disk)));
        s_lab.AssertSurvived(disk);
    }

    [Fact]
    public void A_damaged_point_file_is_listed_with_its_error_and_hurts_no_other_point()
    {
        var disk = s_lab.NewDisk();
        var chain = CrashLab.Target(disk);
        var point = chain.Points()[1];
        DropCopies(disk, chain);
        Flip(disk, Path.Combine(chain.Path, point.FileName), 100, 8);
        var points = chain.Points();
        Assert.Equal([true, false, true], points.Select(p => p.IsUsable));
        Assert.Equal(ErrorCode.DamagedFile, points[1].Damage!.Code);
        ReadPoint(chain, points[0]);
        ReadPoint(chain, points[2]);
    }

    [Fact]
    public void A_damaged_point_file_is_read_from_its_copy()
    {
        var disk = s_lab.NewDisk();
        var chain = CrashLab.Target(disk);
        foreach (var point in chain.Points())
        {
            Flip(disk, Path.Combine(chain.Path, point.FileName), 100, 8);
        }

        Assert.All(chain.Points(), p => Assert.Equal(ErrorCode.DamagedFile, p.FileDamage!.Code));
        Assert.All(chain.Points(), p => Assert.True(p.IsUsable));
        s_lab.AssertSurvived(disk);
        Assert.False(Lab.Copy(s_lab.Source, 4, chain).IsFull);
    }

    [Fact]
    public void A_copy_of_another_point_is_not_read()
    {
        var disk = s_lab.NewDisk();
        var chain = CrashLab.Target(disk);
        var names = chain.Points().Select(p => Path.Combine(chain.Path, p.FileName)).ToList();
        Flip(disk, names[1], 100, 8);
        disk.Rename(SecondCopies.NameOf(names[2]), SecondCopies.NameOf(names[1]));
        Assert.Equal(ErrorCode.DamagedFile, chain.Points()[1].Damage!.Code);
    }

    [Fact]
    public void After_a_damaged_newest_point_the_next_one_is_a_full()
    {
        var disk = s_lab.NewDisk();
        var chain = CrashLab.Target(disk);
        DropCopies(disk, chain);
        Flip(disk, Path.Combine(chain.Path, chain.Points()[2].FileName), 100, 8);
        var made = Lab.Copy(s_lab.Source, 4, chain);
        Assert.True(made.IsFull);
        s_lab.AssertState(chain, 4);
        s_lab.AssertState(chain, 1);
        s_lab.AssertState(chain, 2);
    }

    [Fact]
    public void While_the_newest_point_cannot_be_read_nothing_is_appended()
    {
        var disk = s_lab.NewDisk();
        var newest = CrashLab.Target(disk).Points()[2].FileName;
        DropCopies(disk, CrashLab.Target(disk));
        disk.FailOn(DiskOperationKind.Read, newest);
        var error = Assert.Throws<BackupCopyException>(
            () => Lab.Copy(s_lab.Source, 4, CrashLab.Target(disk)));
        Assert.Equal(ErrorCode.ConnectionLost, error.Code);
        disk.Fault = null;
        s_lab.AssertSurvived(disk);
    }

    [Fact]
    public void A_point_that_cannot_be_read_for_a_while_keeps_its_block_files()
    {
        var disk = s_lab.NewDisk();
        var oldest = CrashLab.Target(disk).Points()[0].FileName;
        DropCopies(disk, CrashLab.Target(disk));
        disk.FailOn(DiskOperationKind.Read, oldest);
        Lab.Copy(s_lab.Source, 4, CrashLab.Target(disk));
        disk.Fault = null;
        for (var sequence = 1; sequence <= 4; sequence++)
        {
            s_lab.AssertState(CrashLab.Target(disk), sequence);
        }
    }

    [Fact]
    public void A_record_of_the_unfinished_point_that_rotted_is_sent_again()
    {
        var disk = s_lab.NewDisk();
        var chain = CrashLab.Target(disk);
        disk.FailOn(DiskOperationKind.Write, ".bcunfinished", skip: 1);
        Assert.Throws<BackupCopyException>(() => Lab.Copy(s_lab.Source, 4, chain));
        disk.Fault = null;
        var left = disk.List(chain.Path).Select(e => e.Name)
            .Where(n => n.EndsWith(".bcblocks", StringComparison.Ordinal)).Order().Skip(6).First();
        Flip(disk, Path.Combine(chain.Path, left), 4096 + 500, 2);
        s_lab.AssertSurvived(disk);
    }

    /// <summary>Reads every point; how many ended in a named error. Wrong bytes fail the test.</summary>
    private static int ReadAll(Chain chain)
    {
        var named = 0;
        foreach (var point in chain.Points())
        {
            try
            {
                ReadPoint(chain, point);
            }
            catch (BackupCopyException)
            {
                named++;
            }
        }

        return named;
    }

    private static void ReadPoint(Chain chain, ChainPoint point) => s_lab.AssertState(chain, point.Sequence);

    // What is tested of a point file alone.
    private static void DropCopies(SimulatedDisk disk, Chain chain)
    {
        foreach (var entry in disk.List(chain.Path).Where(e => e.Name.EndsWith(Names.Copy)))
        {
            disk.Delete(Path.Combine(chain.Path, entry.Name));
        }
    }

    private static void Flip(SimulatedDisk disk, string path, long offset, int bit)
    {
        using var file = disk.Open(path, OpenFor.Changing);
        var value = new byte[1];
        file.ReadAll(value, offset);
        value[0] ^= (byte)bit;
        file.WriteAll(value, offset);
    }
}
