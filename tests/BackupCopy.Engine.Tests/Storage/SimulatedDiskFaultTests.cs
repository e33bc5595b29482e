using BackupCopy.Storage;

namespace BackupCopy.Tests.Storage;

public sealed class SimulatedDiskFaultTests
{
    private static readonly string s_path = Path.Combine(SimulatedDisk.Root, "file");

    private readonly SimulatedDisk _disk = new();

    [Fact]
    public void A_full_disk_takes_what_fits_and_then_says_TargetFull()
    {
        _disk.CapacityBytes = 10 * 4096;
        using var file = _disk.Open(s_path, OpenFor.Creating);

        Assert.Equal(4096, file.Write(new byte[4096], 0));
        Assert.Equal(9 * 4096, file.Write(new byte[20 * 4096], 4096));
        var error = Assert.Throws<BackupCopyException>(() => file.Write(new byte[1], 10 * 4096));
        Assert.Equal(ErrorCode.TargetFull, error.Code);
        Assert.Equal(0, _disk.FreeBytes(SimulatedDisk.Root));

        Assert.Equal(100, file.Write(new byte[100], 50));
        file.TryPunch(4096, 2 * 4096);
        Assert.Equal(2 * 4096, _disk.FreeBytes(SimulatedDisk.Root));
        Assert.Equal(2 * 4096, file.Write(new byte[3 * 4096], 10 * 4096));
        _disk.Delete(s_path);
        Assert.Equal(10 * 4096, _disk.FreeBytes(SimulatedDisk.Root));
    }

    [Fact]
    public void Used_space_follows_replacing_cutting_and_restarting()
    {
        Put(s_path, 5 * 4096);
        Put(s_path + ".tmp", 3 * 4096);
        _disk.Rename(s_path + ".tmp", s_path);
        Assert.Equal(3 * 4096, _disk.UsedBytes);

        using (var file = _disk.Open(s_path, OpenFor.Changing))
        {
            file.SetLength(100);
        }

        Assert.Equal(4096, _disk.UsedBytes);
        Assert.Equal(4096, _disk.AllocatedBytes(s_path));
        Assert.Equal(4096, _disk.Fork().UsedBytes);
        Assert.Equal(0, _disk.PowerCutLosingAll().UsedBytes);
    }

    [Fact]
    public void Short_transfers_move_at_least_one_byte_and_whole_helpers_hide_them()
    {
        _disk.UseShortTransfers(seed: 7);
        var bytes = new byte[100_000];
        new Random(1).NextBytes(bytes);
        using var file = _disk.Open(s_path, OpenFor.Creating);
        file.WriteAll(bytes, 0);
        var back = new byte[bytes.Length];

        Assert.InRange(file.Read(back, 0), 1, bytes.Length - 1);
        file.ReadAll(back, 0);

        Assert.Equal(bytes, back);
    }

    [Fact]
    public void A_failed_flush_loses_what_it_should_have_written_even_if_the_next_one_succeeds()
    {
        Put(s_path, 4096);
        _disk.FlushDirectory(SimulatedDisk.Root);
        using var file = _disk.Open(s_path, OpenFor.Changing);
        file.WriteAll([1], 0);
        _disk.FailOn(DiskOperationKind.Flush, "file", times: 1);

        var error = Assert.Throws<BackupCopyException>(file.Flush);
        file.WriteAll([2], 512);
        file.Flush();

        Assert.Equal(ErrorCode.ConnectionLost, error.Code);
        Assert.Equal(1, _disk.ReadSmall(s_path, 4096)[0]);
        var after = _disk.PowerCutLosingAll().ReadSmall(s_path, 4096);
        Assert.Equal((0, 2), (after[0], after[512]));
    }

    [Fact]
    public void Errors_hit_the_chosen_operations_alone()
    {
        Put(s_path, 100);
        _disk.FailOn(DiskOperationKind.Read, "file", skip: 1, times: 1);
        using var file = _disk.Open(s_path, OpenFor.Reading);

        file.Read(new byte[1], 0);
        var error = Assert.Throws<BackupCopyException>(() => file.Read(new byte[1], 0));
        Assert.Equal(ErrorCode.ConnectionLost, error.Code);
        file.Read(new byte[1], 0);
    }

    [Fact]
    public void A_read_only_disk_reads_and_refuses_changes()
    {
        Put(s_path, 100);
        _disk.IsReadOnly = true;

        Assert.Equal(100, _disk.ReadSmall(s_path, 1000).Length);
        foreach (Action change in new Action[]
        {
            () => _disk.Open(s_path, OpenFor.Changing),
            () => _disk.Open(s_path + "2", OpenFor.Creating),
            () => _disk.Delete(s_path),
            () => _disk.CreateDirectory(s_path + "3"),
            () => _disk.Rename(s_path, s_path + "4"),
        })
        {
            Assert.Equal(ErrorCode.RepositoryReadOnly, Assert.Throws<BackupCopyException>(change).Code);
        }
    }

    [Fact]
    public void Locks_are_shared_or_exclusive()
    {
        var path = Path.Combine(SimulatedDisk.Root, "lock");
        var first = _disk.TryLock(path, shared: true);
        var second = _disk.TryLock(path, shared: true);

        Assert.NotNull(first);
        Assert.NotNull(second);
        Assert.Null(_disk.TryLock(path, shared: false));
        first.Dispose();
        first.Dispose();
        Assert.Null(_disk.TryLock(path, shared: false));
        second.Dispose();
        using var alone = _disk.TryLock(path, shared: false);
        Assert.NotNull(alone);
        Assert.Null(_disk.TryLock(path, shared: true));
    }

    [Fact]
    public async Task Many_threads_write_one_file_at_once()
    {
        using var file = _disk.Open(s_path, OpenFor.Creating);
        await Parallel.ForAsync(0, 64, (i, _) =>
        {
            var block = new byte[5000];
            Array.Fill(block, (byte)(i + 1));
            file.WriteAll(block, i * 5000L);
            return ValueTask.CompletedTask;
        });

        var bytes = _disk.ReadSmall(s_path, 1 << 20);
        for (var i = 0; i < 64; i++)
        {
            Assert.Equal(-1, bytes.AsSpan(i * 5000, 5000).IndexOfAnyExcept((byte)(i + 1)));
        }
    }

    private void Put(string path, int length)
    {
        using var file = _disk.Open(path, OpenFor.Creating);
        file.WriteAll(new byte[length], 0);
        file.Flush();
    }
}
