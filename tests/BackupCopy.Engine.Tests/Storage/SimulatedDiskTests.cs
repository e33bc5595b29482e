using BackupCopy.Storage;
using static BackupCopy.Tests.Storage.DiskOperationKind;

namespace BackupCopy.Tests.Storage;

public sealed class SimulatedDiskTests
{
    private SimulatedDisk _disk = new();

    [Fact]
    public void A_flushed_file_in_a_flushed_directory_survives_every_cut()
    {
        Put("a", "content");
        _disk.FlushDirectory(SimulatedDisk.Root);

        foreach (var after in Cuts())
        {
            Assert.Equal("content", Text(after, "a"));
        }
    }

    [Fact]
    public void A_flush_of_a_file_does_not_make_its_name_durable()
    {
        Put("a", "content");

        Assert.False(_disk.PowerCutLosingAll().FileExists(At("a")));
        Assert.Contains(Cuts(), after => after.FileExists(At("a")));
        Assert.Contains(Cuts(), after => !after.FileExists(At("a")));
    }

    [Fact]
    public void A_name_is_durable_without_the_content_that_was_not_flushed()
    {
        Put("a", new string('x', 4000), flush: false);
        _disk.FlushDirectory(SimulatedDisk.Root);

        var left = Cuts().Select(after => Text(after, "a")).ToList();

        Assert.Equal("", Text(_disk.PowerCutLosingAll(), "a"));
        Assert.Contains("", left);
        Assert.Contains(new string('x', 4000), left);
        Assert.Contains(new string('\0', 4000), left);
        Assert.Contains(left, text => text.StartsWith(new string('x', 512), StringComparison.Ordinal)
            && text[512..].Any(c => c != 'x'));
    }

    [Fact]
    public void A_clone_is_lost_or_kept_like_a_write_and_needs_the_same_flush()
    {
        _disk.Abilities = new BackupCopy.Format.StorageAbilities { Clones = true };
        Put("from", new string('x', 8192));
        Put("to", "");
        _disk.FlushDirectory(SimulatedDisk.Root);
        using var from = _disk.Open(At("from"), OpenFor.Reading);
        using var to = _disk.Open(At("to"), OpenFor.Changing);
        Assert.False(to.TryClone(from, 1, 0, 4096));
        Assert.False(to.TryClone(from, 4096, 0, 8192));
        Assert.True(to.TryClone(from, 4096, 0, 4096));

        Assert.Equal("", Text(_disk.PowerCutLosingAll(), "to"));
        Assert.Contains(Cuts(), after => Text(after, "to") == new string('x', 4096));
        Assert.Contains(Cuts(), after => Text(after, "to") != new string('x', 4096));
        _disk = _disk.Kill();
        using (var again = _disk.Open(At("to"), OpenFor.Changing))
        {
            again.Flush();
        }

        Assert.All(Cuts(), after => Assert.Equal(new string('x', 4096), Text(after, "to")));
    }

    [Fact]
    public void A_new_directory_needs_its_parent_flushed()
    {
        var folder = At("folder");
        _disk.CreateDirectory(folder);
        Put("folder/a", "content");
        _disk.FlushDirectory(folder);

        Assert.False(_disk.PowerCutLosingAll().DirectoryExists(folder));
        _disk.Fork().FlushDirectory(SimulatedDisk.Root);
        Assert.All(
            Cuts().Where(after => after.DirectoryExists(folder)),
            after => Assert.Equal("content", Text(after, "folder/a")));
    }

    [Fact]
    public void A_deleted_directory_is_gone_once_its_parent_is_flushed()
    {
        var folder = At("folder");
        _disk.CreateDirectory(folder);
        Put("folder/a", "content");
        _disk.FlushDirectory(folder);
        _disk.FlushDirectory(SimulatedDisk.Root);
        Assert.Throws<BackupCopyException>(() => _disk.DeleteDirectory(folder));
        _disk.Delete(folder + "/a");
        _disk.DeleteDirectory(folder);
        _disk.DeleteDirectory(folder);

        Assert.Equal("content", Text(_disk.PowerCutLosingAll(), "folder/a"));
        var flushed = _disk.Fork();
        flushed.FlushDirectory(SimulatedDisk.Root);
        Assert.Contains(Cuts(), after => after.FileExists(folder + "/a"));
        Assert.Contains(Cuts(), after => after.DirectoryExists(folder) && !after.FileExists(folder + "/a"));
        Assert.Contains(Cuts(), after => !after.DirectoryExists(folder));
        Assert.False(flushed.PowerCutLosingAll().DirectoryExists(folder));
    }

    [Fact]
    public void A_lost_rename_brings_the_replaced_content_back()
    {
        Put("a", "old");
        _disk.FlushDirectory(SimulatedDisk.Root);
        Put("a.tmp", "new");
        _disk.Rename(At("a.tmp"), At("a"));

        var seen = new HashSet<(string, bool)>();
        foreach (var after in Cuts())
        {
            seen.Add((Text(after, "a"), after.FileExists(At("a.tmp"))));
        }

        Assert.Equal([("new", false), ("old", false), ("old", true)], seen.Order());
    }

    [Fact]
    public void A_lost_deletion_brings_the_file_back()
    {
        Put("a", "content");
        _disk.FlushDirectory(SimulatedDisk.Root);
        _disk.Delete(At("a"));

        Assert.Equal("content", Text(_disk.PowerCutLosingAll(), "a"));
        Assert.Contains(Cuts(), after => !after.FileExists(At("a")));
        Assert.Contains(Cuts(), after => after.FileExists(At("a")));
    }

    [Fact]
    public void Changes_of_different_names_survive_in_any_order()
    {
        Put("a", "1");
        _disk.FlushDirectory(SimulatedDisk.Root);
        Put("b", "2");
        _disk.Delete(At("a"));

        var seen = Cuts().Select(after => (after.FileExists(At("a")), after.FileExists(At("b")))).ToHashSet();

        Assert.Equal(4, seen.Count);
    }

    [Fact]
    public void Changes_of_one_name_keep_their_order()
    {
        Put("a", "1");
        _disk.FlushDirectory(SimulatedDisk.Root);
        _disk.Delete(At("a"));
        Put("a", "2");

        var seen = Cuts().Select(after => after.FileExists(At("a")) ? Text(after, "a") : "none").ToHashSet();

        Assert.Equal(["1", "2", "none"], seen.Order());
    }

    [Fact]
    public void Every_operation_after_the_cut_throws()
    {
        Put("a", "content");
        using var file = _disk.Open(At("a"), OpenFor.Changing);
        _disk.CutAfter(2);

        file.WriteAll("x"u8, 0);
        file.Flush();

        Assert.True(_disk.IsDead);
        Assert.Throws<PowerLostException>(() => file.Write("y"u8, 0));
        Assert.Throws<PowerLostException>(() => file.Read(new byte[1], 0));
        Assert.Throws<PowerLostException>(() => file.Length);
        Assert.Throws<PowerLostException>(() => _disk.FileExists(At("a")));
        Assert.Throws<PowerLostException>(() => _disk.List(SimulatedDisk.Root));
        Assert.Throws<PowerLostException>(() => _disk.Delete(At("a")));
        Assert.Throws<PowerLostException>(() => _disk.TryLock(At("l"), shared: false));
    }

    [Fact]
    public void Each_changing_operation_counts_once_and_reading_does_not()
    {
        _disk.KeepsHistory = true;
        var folder = At("folder");
        _disk.CreateDirectory(folder);
        var path = Path.Combine(folder, "a");
        using (var file = _disk.Open(path, OpenFor.Creating))
        {
            file.WriteAll(new byte[10], 0);
            file.SetLength(4096);
            file.TryPunch(0, 4096);
            file.Flush();
            file.Read(new byte[3], 0);
        }

        _disk.Rename(path, path + "2");
        _disk.Delete(path + "2");
        _disk.FlushDirectory(folder);
        _disk.List(folder);
        _disk.DeleteDirectory(folder);

        Assert.Equal(
            [
                CreateDirectory, Create, Write, SetLength, Punch, Flush, Rename, Delete, FlushDirectory,
                DeleteDirectory,
            ],
            _disk.History.Select(operation => operation.Kind));
        Assert.Equal(10, _disk.Operations);
    }

    [Fact]
    public void A_killed_process_leaves_everything_written_and_no_lock()
    {
        Put("a", "content", flush: false);
        using var held = _disk.TryLock(At("l"), shared: false);

        var after = _disk.Kill();

        Assert.Equal("content", Text(after, "a"));
        Assert.NotNull(after.TryLock(At("l"), shared: false));
        Assert.False(after.PowerCutLosingAll().FileExists(At("a")));
    }

    [Fact]
    public void A_fork_and_its_origin_do_not_see_each_other()
    {
        Put("a", "one");
        var fork = _disk.Fork();
        using (var file = fork.Open(At("a"), OpenFor.Changing))
        {
            file.WriteAll("two"u8, 0);
        }

        _disk.Delete(At("a"));

        Assert.Equal("two", Text(fork, "a"));
        Assert.False(_disk.FileExists(At("a")));
    }

    private static string At(string name) => Path.Combine([SimulatedDisk.Root, .. name.Split('/')]);

    private static string Text(SimulatedDisk disk, string name) =>
        System.Text.Encoding.Latin1.GetString(disk.ReadSmall(At(name), 1 << 20));

    private IEnumerable<SimulatedDisk> Cuts() => TestBudget.Seeds(300).Select(_disk.PowerCut);

    private void Put(string name, string text, bool flush = true)
    {
        using var file = _disk.Open(At(name), OpenFor.Creating);
        file.WriteAll(System.Text.Encoding.Latin1.GetBytes(text), 0);
        if (flush)
        {
            file.Flush();
        }
    }
}
