using System.Diagnostics;
using BackupCopy.Storage;
using BackupCopy.TestProcess;

namespace BackupCopy.Tests.Storage;

/// <summary>Locks on this machine: inside one process and between processes.</summary>
public sealed class FolderLocksTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FolderLocks _locks;

    public FolderLocksTests() => _locks = new FolderLocks(LocalStorage.Instance, _folder.Path);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void One_holder_alone_or_many_readers()
    {
        using (var reader = _locks.TryShared("point"))
        {
            using var second = new FolderLocks(LocalStorage.Instance, _folder.Path).TryShared("point");
            Assert.NotNull(reader);
            Assert.NotNull(second);
            Assert.Null(_locks.TryExclusive("point", "removing", out _));
        }

        using (var alone = _locks.TryExclusive("point", "removing", out _))
        {
            Assert.NotNull(alone);
            Assert.Null(_locks.TryShared("point"));
            Assert.Null(_locks.TryExclusive("point", "removing too", out var holder));
            Assert.Equal(("removing", Environment.ProcessId), (holder?.Purpose, holder?.ProcessId));
            using var other = _locks.TryExclusive("another point", "removing", out _);
            Assert.NotNull(other);
        }

        Assert.NotNull(_locks.TryShared("point"));
    }

    [Fact]
    public void Readers_name_themselves_to_those_who_wait_and_dead_ones_are_not_believed()
    {
        using (_locks.TryShared("point", "restoring web01"))
        {
            Assert.Null(_locks.TryExclusive("point", "removing", out var reader));
            Assert.Equal(("restoring web01", Environment.ProcessId), (reader?.Purpose, reader?.ProcessId));
            using (_locks.TryShared("point", "exporting web01"))
            {
                Assert.Null(_locks.TryExclusive("point", "removing", out reader));
                Assert.Equal("exporting web01", reader?.Purpose);
            }
        }

        var left = Path.Combine(_folder.Path, "locks", "point.reader");
        Assert.False(File.Exists(left));
        File.WriteAllBytes(left, LockHolder.Me("died").ToBytes());
        _locks.TryExclusive("point", "removing", out _)!.Dispose();
        using (_locks.TryShared("point"))
        {
            Assert.Null(_locks.TryExclusive("point", "removing", out var nobody));
            Assert.Null(nobody);
        }
    }

    [Fact]
    public void Whether_it_is_held_is_told_without_disturbing_the_holder()
    {
        Assert.False(_locks.IsHeldExclusively("append", out _));
        using (_locks.TryShared("append"))
        {
            Assert.False(_locks.IsHeldExclusively("append", out _));
        }

        using (_locks.TryExclusive("append", "copying web01", out _))
        {
            Assert.True(_locks.IsHeldExclusively("append", out var holder));
            Assert.Equal("copying web01", holder?.Purpose);
        }

        Assert.False(_locks.IsHeldExclusively("append", out var gone));
        Assert.Null(gone);
    }

    [Fact]
    public void Any_holder_is_seen_and_looking_makes_no_file()
    {
        Assert.False(_locks.IsHeld("point"));
        Assert.False(Directory.Exists(Path.Combine(_folder.Path, "locks")));

        using (_locks.TryShared("point"))
        {
            Assert.True(_locks.IsHeld("point"));
        }

        using (_locks.TryExclusive("point", "removing", out _))
        {
            Assert.True(_locks.IsHeld("point"));
        }

        Assert.False(_locks.IsHeld("point"));
    }

    [Fact]
    public async Task Looking_refuses_no_reader()
    {
        _locks.TryShared("point")!.Dispose();
        using var stop = new CancellationTokenSource();
        var looking = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                _locks.IsHeld("point");
            }
        });
        var refused = 0;
        for (var i = 0; i < 5000; i++)
        {
            using var held = _locks.TryShared("point");
            refused += held is null ? 1 : 0;
        }

        await stop.CancelAsync();
        await looking;
        Assert.Equal(0, refused);
    }

    [Fact]
    public async Task Reader_waits_for_whoever_tries_to_have_it_alone_and_does_not_get_it()
    {
        using var child = Start("shared");
        Assert.Equal("held", await child.StandardOutput.ReadLineAsync());
        var trying = Task.Run(() => _locks.TryExclusive("append", "removing", out _));
        while (!trying.IsCompleted)
        {
            using var held = _locks.TryShared("append");
            Assert.NotNull(held);
        }

        Assert.Null(await trying);
        child.Kill();
        await child.WaitForExitAsync();
    }

    [Fact]
    public void What_cannot_be_looked_at_counts_as_held()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Making links needs a right of its own there.");
        var loop = Path.Combine(_folder.Path, "locks");
        File.CreateSymbolicLink(loop, loop);
        Assert.False(LocalStorage.Instance.FileExists(Path.Combine(loop, "point.lock")));
        Assert.True(_locks.IsHeld("point"));
    }

    [Fact]
    public void The_files_of_a_lock_go_while_nobody_else_can_have_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "No held file goes there.");
        var taken = 0;
        var locks = new FolderLocks(
            new HookedStorage((what, path) =>
            {
                if (what == "delete" && path.Contains("point.wish", StringComparison.Ordinal))
                {
                    using var other = _locks.TryExclusive("point.wish", "waiting too", out _);
                    taken += other is null ? 0 : 1;
                }
            }),
            _folder.Path);

        locks.DisposeAndForget(locks.TryExclusive("point.wish", "waiting", out _)!);

        Assert.Equal(0, taken);
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder.Path, "locks")));
        using var again = locks.TryExclusive("point.wish", "waiting", out _);
        Assert.NotNull(again);
        Assert.Null(_locks.TryExclusive("point.wish", "waiting too", out _));
    }

    [Fact]
    public void A_forgotten_lock_leaves_no_file_and_can_be_taken_again()
    {
        using (_locks.TryShared("point", "restoring"))
        {
        }

        using (_locks.TryExclusive("point", "removing", out _))
        using (_locks.TryExclusive("other", "removing", out _))
        {
        }

        _locks.Forget(["point"]);

        Assert.All(
            Directory.GetFiles(Path.Combine(_folder.Path, "locks")),
            file => Assert.StartsWith("other.", Path.GetFileName(file), StringComparison.Ordinal));
        using var again = _locks.TryShared("point");
        Assert.NotNull(again);
    }

    [Fact]
    public void Disposing_twice_releases_once()
    {
        var first = _locks.TryShared("point");
        var second = _locks.TryShared("point");
        first!.Dispose();
        first.Dispose();

        Assert.Null(_locks.TryExclusive("point", "removing", out _));
        second!.Dispose();
        using var alone = _locks.TryExclusive("point", "removing", out _);
        Assert.NotNull(alone);
    }

    [Fact]
    public async Task Of_many_threads_one_gets_it()
    {
        var held = new List<HeldLock>();
        await Parallel.ForAsync(0, 64, (_, _) =>
        {
            if (_locks.TryExclusive("append", "racing", out var _) is { } taken)
            {
                lock (held)
                {
                    held.Add(taken);
                }
            }

            return ValueTask.CompletedTask;
        });

        Assert.Single(held).Dispose();
    }

    [Fact]
    public void A_lock_that_cannot_be_made_leaves_nothing_held()
    {
        // A directory in the place of the lock file is an error of the storage, not a holder.
        var path = Directory.CreateDirectory(Path.Combine(_folder.Path, "locks", "point.lock")).FullName;
        Assert.Throws<BackupCopyException>(() => _locks.TryShared("point"));
        Assert.Throws<BackupCopyException>(() => _locks.TryExclusive("point", "removing", out _));
        Directory.Delete(path);

        using var alone = _locks.TryExclusive("point", "removing", out _);
        Assert.NotNull(alone);
    }

    [Fact]
    public void Another_process_is_kept_out_until_this_one_lets_go()
    {
        using (_locks.TryExclusive("append", "copying", out _))
        {
            Assert.Equal("busy", Answer("shared"));
            Assert.Equal("busy", Answer("exclusive"));
        }

        using (_locks.TryShared("append"))
        {
            Assert.Equal("busy", Answer("exclusive"));
            Assert.Equal("held", Answer("shared"));
        }

        Assert.Equal("held", Answer("exclusive"));
    }

    [Fact]
    public void The_lock_of_a_killed_process_is_free_at_once_and_names_nobody()
    {
        using (var child = Start("exclusive"))
        {
            Assert.Equal("held", child.StandardOutput.ReadLine());
            Assert.Null(_locks.TryExclusive("append", "copying", out var holder));
            Assert.Equal(child.Id, holder?.ProcessId);
            Assert.Null(_locks.TryShared("append"));
            Assert.True(_locks.IsHeldExclusively("append", out _));
            child.Kill();
            child.WaitForExit();
        }

        Assert.False(_locks.IsHeldExclusively("append", out _));
        using var alone = _locks.TryExclusive("append", "copying", out var me);
        Assert.NotNull(alone);
        Assert.Equal(Environment.ProcessId, me?.ProcessId);
    }

    private Process Start(string mode) => ChildProcess.Start("lock", _folder.Path, "append", mode);

    private string? Answer(string mode)
    {
        using var child = Start(mode);
        try
        {
            return child.StandardOutput.ReadLine();
        }
        finally
        {
            child.Kill();
            child.WaitForExit();
        }
    }
}
