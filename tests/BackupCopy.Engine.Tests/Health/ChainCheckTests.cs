using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Health;
using BackupCopy.Storage;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Health;

/// <summary>Every kind of damage to blocks and block files is found, by its name and place.</summary>
public sealed class ChainCheckTests
{
    private static readonly HealthLab s_lab = new();

    [Theory]
    [InlineData(CheckDepth.Full, false)]
    [InlineData(CheckDepth.Quick, false)]
    [InlineData(CheckDepth.Full, true)]
    public async Task An_intact_chain_has_no_damage_and_all_is_read(CheckDepth depth, bool isSealed)
    {
        var lab = isSealed ? new HealthLab(isSealed: true) : s_lab;
        var chain = lab.Open(lab.NewDisk());
        var outcome = await HealthLab.CheckAsync(chain, HealthLab.Request(depth: depth));
        Assert.Empty(outcome.Damage);
        Assert.True(outcome.IsComplete);
        Assert.Equal([1, 2, 3, 4], outcome.Points);
        Assert.Equal(outcome.TotalBytes, outcome.CheckedBytes);
        Assert.True(outcome.CheckedBlocks > 40, $"{outcome.CheckedBlocks} blocks.");
        Assert.Empty(outcome.Mark!.Violations);
        Assert.Equal(0, outcome.Mark.LeakedBytes);
    }

    [Theory]
    [InlineData(CheckDepth.Full, false)]
    [InlineData(CheckDepth.Quick, false)]
    [InlineData(CheckDepth.Full, true)]
    [InlineData(CheckDepth.Quick, true)]
    public async Task A_flipped_bit_names_record_disk_block_digest_and_points(CheckDepth depth, bool isSealed)
    {
        var lab = isSealed ? new HealthLab(isSealed: true) : s_lab;
        var disk = lab.NewDisk();
        var chain = lab.Open(disk);
        var (block, entry, place) = HealthLab.Record(chain, 1, 3);
        HealthLab.Flip(disk, HealthLab.BlockFile(chain, place.File), place.Offset + 200);
        var found = Assert.Single(await HealthLab.FindAsync(chain, HealthLab.Request(depth: depth)));
        Assert.Equal(HealthFindingKind.DamagedBlock, found.Kind);
        Assert.Equal(HealthLab.BlockFile(chain, place.File), found.Path);
        Assert.Equal(place.Offset, found.Offset);
        Assert.Equal(entry.Name, found.Record);
        Assert.Equal(entry.Digest, found.Digest);
        Assert.Equal(("disk0", block, -1), (found.Disk, found.Block, found.Level));
        Assert.Equal(UsersOf(chain, block, entry.Name), found.AffectedPoints);
        Assert.False(found.IsHarmless);
    }

    [Theory]
    [InlineData(CheckDepth.Full, false)]
    [InlineData(CheckDepth.Quick, false)]
    [InlineData(CheckDepth.Quick, true)]
    public async Task Exchanged_slots_are_found_though_each_verifies(CheckDepth depth, bool isSealed)
    {
        var lab = isSealed ? new HealthLab(isSealed: true) : s_lab;
        var disk = lab.NewDisk();
        var chain = lab.Open(disk);
        var (one, other) = Alike(chain);
        using (var file = disk.Open(HealthLab.BlockFile(chain, one.Place.File), OpenFor.Changing))
        {
            var first = new byte[one.Place.SlotLength];
            var second = new byte[other.Place.SlotLength];
            file.ReadAll(first, one.Place.Offset);
            file.ReadAll(second, other.Place.Offset);
            file.WriteAll(second, one.Place.Offset);
            file.WriteAll(first, other.Place.Offset);
        }

        var found = await HealthLab.FindAsync(chain, HealthLab.Request(depth: depth));
        Assert.All(found, d => Assert.Equal(HealthFindingKind.DamagedBlock, d.Kind));
        Assert.Equal(
            new[] { one.Name, other.Name }.Order(Comparer<RecordName>.Create(Compare)),
            found.Select(d => d.Record!.Value).Order(Comparer<RecordName>.Create(Compare)));
    }

    [Fact]
    public async Task Exchanged_block_files_are_found()
    {
        var disk = s_lab.NewDisk();
        var chain = s_lab.Open(disk);
        var data = DataFiles(chain);
        HealthLab.Exchange(disk, HealthLab.BlockFile(chain, data[0]), HealthLab.BlockFile(chain, data[1]));
        var found = await HealthLab.FindAsync(chain);
        Assert.Equal(2, found.Count(d => d.Kind == HealthFindingKind.DamagedBlockFile));
        Assert.Contains(found, d => d.Kind == HealthFindingKind.DamagedBlock);
    }

    [Fact]
    public async Task A_block_file_that_was_cut_is_damage_and_so_are_the_blocks_behind_the_cut()
    {
        var disk = s_lab.NewDisk();
        var chain = s_lab.Open(disk);
        var (_, entry, place) = HealthLab.Record(chain, 1, 5);
        using (var file = disk.Open(HealthLab.BlockFile(chain, place.File), OpenFor.Changing))
        {
            file.SetLength(place.Offset + 100);
        }

        var found = await HealthLab.FindAsync(chain);
        Assert.Contains(found, d => d.Kind == HealthFindingKind.DamagedBlockFile);
        var blocks = found.Where(d => d.Kind == HealthFindingKind.DamagedBlock).ToList();
        Assert.Contains(blocks, d => d.Record == entry.Name);
        Assert.All(blocks, d => Assert.True(d.Offset >= place.Offset, $"{d.Offset}"));
    }

    [Fact]
    public async Task A_missing_block_file_is_named_once_and_its_blocks_each()
    {
        var disk = s_lab.NewDisk();
        var chain = s_lab.Open(disk);
        var number = DataFiles(chain)[1];
        disk.Delete(HealthLab.BlockFile(chain, number));
        var found = await HealthLab.FindAsync(chain);
        var missing = Assert.Single(found, d => d.Kind == HealthFindingKind.MissingBlockFile);
        Assert.Equal(
            chain.Points().Where(p => p.File!.BlockFiles.Any(f => f.Number == number))
                .Select(p => p.Sequence),
            missing.AffectedPoints);
        Assert.Contains(
            found, d => d.Kind == HealthFindingKind.DamagedBlock && d.Record!.Value.File == number);
        Assert.All(
            found.Where(d => d.Kind == HealthFindingKind.DamagedBlock),
            d => Assert.Equal(number, d.Record!.Value.File));
    }

    [Fact]
    public async Task The_front_of_a_block_file_is_damage_by_itself()
    {
        var disk = s_lab.NewDisk();
        var chain = s_lab.Open(disk);
        HealthLab.Flip(disk, HealthLab.BlockFile(chain, DataFiles(chain)[0]), 60);
        var found = Assert.Single(await HealthLab.FindAsync(chain));
        Assert.Equal(HealthFindingKind.DamagedBlockFile, found.Kind);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_index_that_is_damaged_or_missing_is_named(bool isMissing)
    {
        var disk = s_lab.NewDisk();
        var chain = s_lab.Open(disk);
        var number = DataFiles(chain)[0];
        var path = Path.Combine(chain.Path, Names.IndexFile(number));
        if (isMissing)
        {
            disk.Delete(path);
        }
        else
        {
            HealthLab.Flip(disk, path, 90);
        }

        var outcome = await HealthLab.CheckAsync(chain);
        var found = Assert.Single(outcome.Damage);
        Assert.Equal((HealthFindingKind.DamagedIndex, path), (found.Kind, found.Path));
        Assert.NotEmpty(found.AffectedPoints);

        // Blocks without a place were not read: those points are not verified, the others are.
        Assert.Empty(outcome.Points.Intersect(found.AffectedPoints));
        Assert.Null(outcome.Mark);
    }

    [Fact]
    public async Task A_damaged_node_is_one_finding_and_its_siblings_are_checked()
    {
        var disk = s_lab.NewDisk();
        var chain = s_lab.Open(disk);
        var whole = await HealthLab.CheckAsync(chain);
        MapEntry leaf;
        RecordPlace place;
        using (var reader = chain.OpenPoint(chain.Points()[3]))
        {
            leaf = reader.OpenMap(reader.Point.Disks[0]).Reference(0, 1);
            place = reader.Store.Locate(leaf.Name);
        }

        // And a block below its sibling, which is found all the same.
        var (_, entry, blockPlace) = HealthLab.Record(chain, 4, 0);
        HealthLab.Flip(disk, HealthLab.BlockFile(chain, place.File), place.Offset + 150);
        HealthLab.Flip(disk, HealthLab.BlockFile(chain, blockPlace.File), blockPlace.Offset + 150);
        var outcome = await HealthLab.CheckAsync(chain);
        var node = Assert.Single(outcome.Damage, d => d.Kind == HealthFindingKind.DamagedMap);
        Assert.Equal((leaf.Name, leaf.Digest, 0, 1L), (node.Record, node.Digest, node.Level, node.Block));
        Assert.Equal("disk0", node.Disk);
        Assert.Contains(4, node.AffectedPoints);
        var block = Assert.Single(outcome.Damage, d => d.Kind != HealthFindingKind.DamagedMap);
        Assert.Equal(entry.Name, block.Record);
        Assert.True(outcome.CheckedBlocks < whole.CheckedBlocks);
        Assert.Null(outcome.Mark);
        Assert.DoesNotContain(4, outcome.Points);
    }

    [Fact]
    public async Task Content_that_another_checksum_hides_is_found_in_full_only()
    {
        var disk = s_lab.NewDisk();
        var chain = s_lab.Open(disk);
        var (_, entry, place) = HealthLab.Record(chain, 1, 3);
        using (var file = disk.Open(HealthLab.BlockFile(chain, place.File), OpenFor.Changing))
        {
            var slot = new byte[place.SlotLength];
            file.ReadAll(slot, place.Offset);
            var header = RecordHeader.Read(slot, file.Path, place.Offset);
            slot[header.RecordLength - 1] ^= 1;
            StoredChecksum.Write(
                slot.AsSpan(RecordHeader.Layout.Kind..header.RecordLength),
                slot.AsSpan(RecordHeader.Layout.Checksum));
            file.WriteAll(slot, place.Offset);
        }

        Assert.Empty(await HealthLab.FindAsync(chain, HealthLab.Request(depth: CheckDepth.Quick)));
        Assert.Equal(entry.Name, Assert.Single(await HealthLab.FindAsync(chain)).Record);
    }

    [Fact]
    public async Task A_record_in_use_that_was_released_is_a_broken_promise_and_a_damaged_block()
    {
        var disk = s_lab.NewDisk();
        var chain = s_lab.Open(disk);
        var (_, entry, _) = HealthLab.Record(chain, 4, 2);
        var file = chain.Points()[3].File!.BlockFiles.Single(f => f.Number == entry.Name.File);
        disk.Replace(
            Path.Combine(chain.Path, Names.IndexFile(file.Number)),
            BlockFiles.ReadIndex(chain, file).Without([entry.Name.Number]));
        var found = await HealthLab.FindAsync(chain);
        Assert.Contains(found, d => d.Kind == HealthFindingKind.BrokenPromise);
        Assert.Equal(
            entry.Name, Assert.Single(found, d => d.Kind == HealthFindingKind.DamagedBlock).Record);
    }

    [Fact]
    public async Task What_no_point_uses_is_told_and_harms_nobody()
    {
        var disk = s_lab.NewDisk();
        var chain = s_lab.Open(disk);
        var newest = chain.Points()[3];
        disk.Delete(Path.Combine(chain.Path, newest.FileName));
        disk.Delete(Path.Combine(chain.Path, newest.FileName + Names.Copy));
        var outcome = await HealthLab.CheckAsync(chain);
        Assert.All(outcome.Damage, d => Assert.Equal(HealthFindingKind.UnlistedFile, d.Kind));
        Assert.Equal(2, outcome.Damage.Count);
        Assert.All(outcome.Damage, d => Assert.True(d.IsHarmless));
        Assert.Equal([1, 2, 3], outcome.Points);

        // One in front of others leaves records in files that its neighbours list.
        disk = s_lab.NewDisk();
        chain = s_lab.Open(disk);
        var oldest = chain.Points()[0];
        disk.Delete(Path.Combine(chain.Path, oldest.FileName));
        disk.Delete(Path.Combine(chain.Path, oldest.FileName + Names.Copy));
        var found = await HealthLab.FindAsync(chain);
        Assert.Single(found, d => d.Kind == HealthFindingKind.LeakedSpace);
        Assert.All(found, d => Assert.True(d.IsHarmless));
    }

    [Fact]
    public async Task Any_flipped_bit_is_found_or_nothing_reads_differently()
    {
        var intact = s_lab.NewDisk();
        var files = intact.List(s_lab.Open(intact).Path).Where(e => e.Length > 0).ToList();
        foreach (var seed in TestBudget.Seeds(60))
        {
            var random = new Random(seed);
            var disk = s_lab.NewDisk();
            var chain = s_lab.Open(disk);
            var file = files[random.Next(files.Count)];
            HealthLab.Flip(
                disk, Path.Combine(chain.Path, file.Name), random.NextInt64(file.Length),
                (byte)(1 << random.Next(8)));
            if ((await HealthLab.FindAsync(chain)).Count == 0)
            {
                for (var sequence = 1; sequence <= HealthLab.PointCount; sequence++)
                {
                    s_lab.AssertHolds(chain, sequence);
                }
            }
        }
    }

    private static int Compare(RecordName a, RecordName b) =>
        a.File != b.File ? a.File.CompareTo(b.File) : a.Number.CompareTo(b.Number);

    private static List<uint> DataFiles(Chain chain) =>
        [.. chain.Points().SelectMany(p => p.File!.BlockFiles).Where(f => f.Kind == BlockFileKind.Data)
            .Select(f => f.Number).Distinct().Order()];

    private static List<long> UsersOf(Chain chain, long block, RecordName name)
    {
        var users = new List<long>();
        foreach (var point in chain.Points())
        {
            using var reader = chain.OpenPoint(point);
            if (reader.OpenMap(reader.Point.Disks[0]).Block(block).Name == name)
            {
                users.Add(point.Sequence);
            }
        }

        return users;
    }

    /// <summary>Two records of one file whose slots are equally long.</summary>
    private static ((RecordName Name, RecordPlace Place) One, (RecordName Name, RecordPlace Place) Other)
        Alike(Chain chain)
    {
        using var reader = chain.OpenPoint(chain.Points()[3]);
        var pair = reader.OpenMap(reader.Point.Disks[0]).Walk().Select(b => b.Entry.Name).Distinct()
            .Select(name => (Name: name, Place: reader.Store.Locate(name)))
            .GroupBy(r => (r.Place.File, r.Place.SlotLength)).First(g => g.Count() > 1).Take(2).ToList();
        return (pair[0], pair[1]);
    }
}
