using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Health;
using BackupCopy.Storage;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Health;

/// <summary>Sectors that cannot be read, a storage that goes away, and records that move meanwhile.</summary>
public sealed class ChainCheckStorageTests
{
    private static readonly HealthLab s_lab = new();

    [Fact]
    public async Task A_sector_that_cannot_be_read_costs_one_block()
    {
        var disk = s_lab.NewDisk();
        var chain = s_lab.Open(disk);
        var (_, entry, place) = HealthLab.Record(chain, 1, 4);
        disk.Fault = o => IsSector(o, HealthLab.BlockFile(chain, place.File), place.Offset + 4096)
            ? SimulatedDisk.InputOutputError(o.Path) : null;
        var outcome = await HealthLab.CheckAsync(chain);
        var found = Assert.Single(outcome.Damage);
        Assert.Equal((HealthFindingKind.DamagedBlock, entry.Name), (found.Kind, found.Record));
        Assert.Contains("Input/output error", found.Message, StringComparison.Ordinal);
        Assert.Equal(outcome.TotalBytes, outcome.CheckedBytes);
    }

    [Fact]
    public async Task A_sector_of_a_map_or_an_index_that_cannot_be_read_is_damage_too()
    {
        var disk = s_lab.NewDisk();
        var chain = s_lab.Open(disk);
        var map = chain.Points()[3].File!.BlockFiles.Last(f => f.Kind == BlockFileKind.Map);
        disk.Fault = o => o.Kind == DiskOperationKind.Read
            && o.Path == HealthLab.BlockFile(chain, map.Number) && o.Offset > 0
            ? SimulatedDisk.InputOutputError(o.Path) : null;
        Assert.Contains(await HealthLab.FindAsync(chain), d => d.Kind == HealthFindingKind.DamagedMap);
        var data = chain.Points()[3].File!.BlockFiles.Last(f => f.Kind == BlockFileKind.Data);
        disk.FailOn(DiskOperationKind.Read, Names.IndexFile(data.Number));
        var found = Assert.Single(await HealthLab.FindAsync(chain));
        Assert.Equal(HealthFindingKind.DamagedIndex, found.Kind);
    }

    [Fact]
    public async Task A_storage_that_went_away_is_an_error_and_no_damage()
    {
        var disk = s_lab.NewDisk();
        var chain = s_lab.Open(disk);
        var isAway = false;
        disk.Fault = o => isAway && o.Kind == DiskOperationKind.Read
            ? SimulatedDisk.InputOutputError(o.Path) : null;
        var request = HealthLab.Request() with { Progress = (done, _) => isAway = done > 0 };
        var error = await Assert.ThrowsAsync<BackupCopyException>(
            () => HealthLab.CheckAsync(chain, request));
        Assert.Equal(ErrorCode.ConnectionLost, error.Code);
        isAway = false;
        Assert.Empty(ChainMemory.Damage(chain));
    }

    [Fact]
    public async Task A_record_that_moved_meanwhile_is_looked_for_where_it_is_now()
    {
        var disk = s_lab.NewDisk();
        var chain = s_lab.Open(disk);
        var (_, entry, place) = HealthLab.Record(chain, 4, 2);
        var moved = 0;
        var request = HealthLab.Request() with
        {
            Workers = 1,
            Take = (_, _) =>
            {
                if (moved++ == 0)
                {
                    Move(disk, chain, entry.Name, place);
                }
            },
        };
        var outcome = await HealthLab.CheckAsync(chain, request);
        Assert.Empty(outcome.Damage);
        Assert.True(outcome.IsComplete);

        // A second check reads it at its new place, which is a file of moved records.
        Assert.Empty(await HealthLab.FindAsync(chain));
        HealthLab.Flip(disk, HealthLab.BlockFile(chain, 90), 4096 + 200);
        var found = Assert.Single(await HealthLab.FindAsync(chain));
        Assert.Equal((entry.Name, HealthLab.BlockFile(chain, 90)), (found.Record, found.Path));
        disk.Delete(Path.Combine(chain.Path, Names.IndexFile(90)));
        disk.Delete(HealthLab.BlockFile(chain, 90));
        Assert.Contains(await HealthLab.FindAsync(chain), d => d.Kind == HealthFindingKind.MissingBlockFile
            && d.Path == HealthLab.BlockFile(chain, 90));
    }

    [Fact]
    public void Records_come_in_the_order_of_their_places_however_few_at_a_time()
    {
        var chain = s_lab.Open(s_lab.NewDisk());
        using var locks = CheckLocks.Take(chain);
        using var store = chain.OpenStore(locks.Files[0].MachineId);
        var chosen = new CheckSelection(locks.Files, "").Records(store);
        var all = new BlockOrder(chain, chosen, ReadPosition.Front);
        Assert.True(all.Fill(ReadPosition.Front));
        var few = new BlockOrder(chain, chosen, ReadPosition.Front, mostAtOnce: 3);
        var met = new List<BlockSlot>();
        for (var at = ReadPosition.Front; few.Fill(at); at = ReadPosition.Of(met[^1].Place))
        {
            Assert.InRange(few.Slots.Count, 1, 3);
            met.AddRange(few.Slots);
        }

        Assert.Equal(all.Slots, met);
        Assert.Equal(all.TotalBytes, met.Sum(s => (long)s.Place.SlotLength));
    }

    private static bool IsSector(DiskOperation operation, string path, long sector) =>
        operation.Kind == DiskOperationKind.Read && operation.Path == path
            && operation.Offset <= sector && operation.Offset + operation.Length > sector;

    // As a repair or a compaction does it; the old bytes are gone at once, as if nobody read.
    private static void Move(SimulatedDisk disk, Chain chain, RecordName name, RecordPlace place)
    {
        var file = chain.Points()[3].File!.BlockFiles.Single(f => f.Number == name.File);
        var slot = new byte[place.SlotLength];
        using (var old = disk.Open(HealthLab.BlockFile(chain, place.File), OpenFor.Changing))
        {
            old.ReadAll(slot, place.Offset);
            old.WriteAll(new byte[slot.Length], place.Offset);
        }

        using var held = chain.TakeAppendLock("test");
        using var to = MovedRecords.Begin_NeedsLock(
            chain, 90, BlockFileKind.Data, file.BirthSequence, chain.Points()[3].File!.MachineId,
            HealthLab.Now);
        var now = to.Add(slot);
        to.Seal();
        MovedRecords.Switch(chain, BlockFiles.ReadIndex(chain, file), [new(name.Number, now)]);
    }
}
