using BackupCopy.Storage;
using Microsoft.Extensions.Time.Testing;

namespace BackupCopy.Tests.Storage;

/// <summary>
/// Locks on a share, where another host's system lock cannot be seen: only its lease record can.
/// </summary>
public sealed class LeaseTests
{
    private static readonly TimeSpan s_term = TimeSpan.FromMilliseconds(40);
    private static readonly string s_record = Path.Combine(SimulatedDisk.Root, "locks", "append.holder");
    private static readonly string s_lease =
        Path.Combine(SimulatedDisk.Root, "locks", "append.1a2b3c4d.lease");

    private readonly SimulatedDisk _disk = new() { IsOnShare = true };
    private readonly LockHolder _foreign = LockHolder.Me("copying") with { Host = "elsewhere", Counter = 7 };

    [Fact]
    public void A_holder_whose_counter_stands_still_for_a_term_is_dead()
    {
        Write(_foreign);
        var time = new SteppingTime(() => { });

        using var held = Locks(time).TryExclusive("append", "taking over", out var holder);

        Assert.NotNull(held);
        Assert.Equal("taking over", holder?.Purpose);
        Assert.Equal("taking over", LockHolder.Read(_disk, s_record)?.Purpose);
        Assert.True(time.Elapsed >= s_term);
    }

    [Fact]
    public void A_dead_holder_is_waited_for_once()
    {
        Write(_foreign);
        var time = new SteppingTime(() => { });
        var locks = Locks(time);
        locks.TryShared("append", "reading")!.Dispose();
        var waited = time.Elapsed;
        Assert.True(waited >= s_term);

        locks.TryShared("append", "reading")!.Dispose();

        Assert.Equal(waited, time.Elapsed);
    }

    [Fact]
    public void A_holder_that_came_during_the_wait_for_another_keeps_his_lock()
    {
        Write(_foreign);
        var other = Path.Combine(SimulatedDisk.Root, "locks", "other.holder");
        var time = new SteppingTime(() => (_foreign with { Purpose = "there first" }).Write(_disk, other));

        var attempts = Locks(time).TryExclusive(["append", "other"], "removing");

        Assert.Null(attempts[1].Held);
        Assert.Equal("there first", attempts[1].Holder?.Purpose);
        Assert.Equal("there first", LockHolder.Read(_disk, other)?.Purpose);
        attempts[0].Held!.Dispose();
    }

    [Fact]
    public void A_holder_whose_counter_moves_is_alive()
    {
        Write(_foreign);
        var time = new SteppingTime(() => Write(_foreign with { Counter = 8 }));

        Assert.Null(Locks(time).TryExclusive("append", "copying", out var holder));

        Assert.Equal("elsewhere", holder?.Host);
        Assert.Equal(8, LockHolder.Read(_disk, s_record)?.Counter);
    }

    [Fact]
    public void A_holder_that_lets_go_meanwhile_is_not_waited_for()
    {
        Write(_foreign);
        var time = new SteppingTime(() => _disk.Delete(s_record));

        using var held = Locks(time).TryExclusive("append", "copying", out _);

        Assert.NotNull(held);
        Assert.True(time.Elapsed < s_term);
    }

    [Fact]
    public void Another_holder_that_came_meanwhile_is_alive()
    {
        Write(_foreign);
        var time = new SteppingTime(() => Write(_foreign with { Token = Guid.NewGuid(), Host = "third" }));

        Assert.Null(Locks(time).TryExclusive("append", "copying", out _));
    }

    [Fact]
    public void An_earlier_process_of_this_boot_needs_no_term()
    {
        Write(LockHolder.Me("copying") with { ProcessId = 1 });
        var time = new SteppingTime(() => throw new InvalidOperationException("Waited."));

        using var held = Locks(time).TryExclusive("append", "copying", out _);

        Assert.NotNull(held);
    }

    [Fact]
    public void An_earlier_boot_of_this_host_needs_the_term()
    {
        Write(LockHolder.Me("copying") with { Boot = "before", Counter = 1 });
        var time = new SteppingTime(() => { });

        using var held = Locks(time).TryExclusive("append", "copying", out _);

        Assert.NotNull(held);
        Assert.True(time.Elapsed >= s_term);
    }

    [Fact]
    public void A_record_that_is_no_record_is_a_living_holders_until_it_stood_still_for_a_term()
    {
        _disk.CreateDirectory(Path.GetDirectoryName(s_record)!);
        _disk.ReplaceUnflushed(s_record, "{\"Host\":"u8);
        var time = new SteppingTime(() => _disk.ReplaceUnflushed(s_record, "{\"Ho"u8));
        Assert.Null(Locks(time).TryExclusive("append", "copying", out _));

        time = new SteppingTime(() => { });
        using var held = Locks(time).TryExclusive("append", "copying", out _);

        Assert.NotNull(held);
        Assert.True(time.Elapsed >= s_term);
    }

    [Fact]
    public void A_reader_elsewhere_keeps_others_from_having_it_alone_while_its_lease_moves()
    {
        Write(s_lease, _foreign);
        Locks(new FakeTimeProvider()).TryShared("append")!.Dispose();
        var time = new SteppingTime(() => Write(s_lease, _foreign with { Counter = 8 }));

        Assert.Null(Locks(time).TryExclusive("append", "removing", out var reader));
        Assert.Equal("elsewhere", reader?.Host);
        time = new SteppingTime(() => Write(s_lease, _foreign with { Counter = 9 }));
        Assert.True(Locks(time).IsHeld("append"));

        // A lock whose name only begins alike is another one.
        using var other = Locks(new SteppingTime(() => throw new InvalidOperationException("Waited.")))
            .TryExclusive("app", "removing", out _);
        Assert.NotNull(other);
    }

    [Fact]
    public void A_reader_elsewhere_whose_lease_stands_still_for_a_term_is_dead()
    {
        Write(s_lease, _foreign);
        var time = new SteppingTime(() => { });

        using var held = Locks(time).TryExclusive("append", "removing", out _);

        Assert.NotNull(held);
        Assert.True(time.Elapsed >= s_term);
        Assert.False(_disk.FileExists(s_lease));
    }

    [Fact]
    public void Each_reader_shows_that_it_lives_until_it_leaves()
    {
        var time = new FakeTimeProvider();
        using (var first = Locks(time).TryShared("append", "restoring"))
        using (var second = Locks(time).TryShared("append", "restoring too"))
        {
            Assert.True(first!.IsSeenByAll && second!.IsSeenByAll);
            var before = Leases();
            Assert.Equal(2, before.Count);
            time.Advance(s_term);
            Assert.All(Leases(), l => Assert.InRange(l.Counter, before[0].Counter + 1, 4));
            Assert.Null(Locks(time).TryExclusive("append", "removing", out var reader));
            Assert.StartsWith("restoring", reader?.Purpose, StringComparison.Ordinal);
        }

        Assert.Empty(Leases());
    }

    [Fact]
    public void A_reader_is_refused_while_somebody_elsewhere_has_it_alone()
    {
        Write(_foreign);
        var time = new SteppingTime(() => Write(_foreign with { Counter = 8 }));
        Assert.Null(Locks(time).TryShared("append", "restoring"));
        Assert.Empty(Leases());

        using var reader = Locks(new SteppingTime(() => { })).TryShared("append", "restoring");
        Assert.NotNull(reader);
    }

    [Fact]
    public void A_full_share_has_room_for_a_lock_that_was_taken_there_before()
    {
        var locks = Locks(new FakeTimeProvider());
        locks.TryExclusive("append", "copying web01 for a job of some length", out _)!.Dispose();
        Assert.Null(LockHolder.Read(_disk, s_record));
        _disk.CapacityBytes = _disk.UsedBytes;

        using (locks.TryExclusive("append", "removing", out var me))
        {
            Assert.Equal(me, LockHolder.Read(_disk, s_record));
        }

        Assert.Null(LockHolder.Read(_disk, s_record));
        var error = Assert.Throws<BackupCopyException>(() => locks.TryExclusive("new", "removing", out _));
        Assert.Equal(ErrorCode.TargetFull, error.Code);
        using var unseen = locks.TryShared("new", "restoring");
        Assert.False(unseen?.IsSeenByAll);
    }

    [Fact]
    public void Many_locks_settle_together_and_have_one_timer()
    {
        var time = new CountingTime();
        var names = Enumerable.Range(0, 40).Select(i => $"point{i}").ToList();
        var holder = Path.Combine(SimulatedDisk.Root, "locks", "point7.holder");
        var lease = Path.Combine(SimulatedDisk.Root, "locks", "point8.1a2b3c4d.lease");
        Write(holder, _foreign);
        Write(lease, _foreign);
        var locks = new FolderLocks(_disk, SimulatedDisk.Root, time, TimeSpan.FromSeconds(3));
        var counter = 10;
        time.Moves = () =>
        {
            Write(holder, _foreign with { Counter = ++counter });
            Write(lease, _foreign with { Counter = counter });
        };
        var attempts = locks.TryExclusive(names, "removing");

        Assert.Equal(["point7", "point8"], attempts.Where(a => a.Held is null).Select(a => a.Files.Name));
        Assert.All(attempts.Where(a => a.Held is null), a => Assert.Equal("elsewhere", a.Holder?.Host));
        Assert.Equal(1, time.Timers);
        attempts.ToList().ForEach(a => a.Held?.Dispose());
        Assert.Equal(0, time.Timers);
    }

    [Fact]
    public void Waiting_for_a_foreign_holder_keeps_nobody_of_this_host_out()
    {
        Write(_foreign);
        IDisposable? alone = null;
        var time = new SteppingTime(() => alone = _disk.TryLock(
            Path.ChangeExtension(s_record, ".lock"), shared: false));

        Assert.False(Locks(time).IsHeldExclusively("append", out _));

        Assert.NotNull(alone);
    }

    [Fact]
    public void A_holder_shows_that_it_lives_and_leaves_a_record_that_says_it_is_free()
    {
        var time = new FakeTimeProvider();
        using (Locks(time).TryExclusive("append", "copying", out _))
        {
            var before = LockHolder.Read(_disk, s_record)!.Counter;
            time.Advance(s_term);
            Assert.InRange(LockHolder.Read(_disk, s_record)!.Counter, before + 1, before + 4);
        }

        Assert.Null(LockHolder.Read(_disk, s_record));
        var left = _disk.ReadSmall(s_record, LockHolder.MostBytes);
        time.Advance(s_term);
        Assert.Equal(left, _disk.ReadSmall(s_record, LockHolder.MostBytes));
    }

    [Fact]
    public void A_holder_that_slept_through_its_term_does_not_touch_the_record_of_the_next_one()
    {
        var time = new FakeTimeProvider();
        var slept = Locks(time).TryExclusive("append", "copying", out _);
        Write(_foreign);

        time.Advance(s_term);
        Assert.Equal(_foreign, LockHolder.Read(_disk, s_record));
        slept!.Dispose();
        Assert.Equal(_foreign, LockHolder.Read(_disk, s_record));
    }

    [Fact]
    public void A_lock_is_told_apart_from_the_same_path_on_the_disk_after_its_restart()
    {
        Assert.NotNull(Locks(new FakeTimeProvider()).TryExclusive("append", "copying", out _));
        var after = _disk.Kill();

        using var again = new FolderLocks(after, SimulatedDisk.Root).TryExclusive("append", "copying", out _);

        Assert.NotNull(again);
    }

    private FolderLocks Locks(TimeProvider time) => new(_disk, SimulatedDisk.Root, time, s_term);

    private void Write(LockHolder holder) => Write(s_record, holder);

    private void Write(string path, LockHolder holder)
    {
        if (!_disk.DirectoryExists(Path.GetDirectoryName(path)!))
        {
            _disk.CreateDirectory(Path.GetDirectoryName(path)!);
        }

        _disk.ReplaceUnflushed(path, holder.ToBytes());
    }

    private List<LockHolder> Leases() =>
    [
        .. _disk.List(Path.GetDirectoryName(s_record)!)
            .Where(e => e.Name.EndsWith(".lease", StringComparison.Ordinal))
            .Select(e => LockHolder.Read(_disk, Path.Combine(Path.GetDirectoryName(s_record)!, e.Name))!),
    ];

    /// <summary>A clock that counts the timers that run; something happens whenever it is asked.</summary>
    private sealed class CountingTime : TimeProvider
    {
        public int Timers { get; private set; }

        public Action Moves { get; set; } = () => { };

        public override long GetTimestamp()
        {
            Moves();
            return base.GetTimestamp();
        }

        public override ITimer CreateTimer(
            TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Timers++;
            return new Counted(() => Timers--);
        }

        private sealed class Counted(Action end) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose() => end();

            public ValueTask DisposeAsync()
            {
                end();
                return ValueTask.CompletedTask;
            }
        }
    }

    /// <summary>
    /// A clock that goes on by a quarter term each time it is read; something happens at the second reading.
    /// </summary>
    private sealed class SteppingTime(Action atSecond) : TimeProvider
    {
        private int _readings;

        public TimeSpan Elapsed => s_term / 4 * _readings;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp()
        {
            if (_readings++ == 1)
            {
                atSecond();
            }

            return Elapsed.Ticks;
        }
    }
}
