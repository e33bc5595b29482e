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
    public void A_record_that_is_no_record_stops_nobody()
    {
        _disk.CreateDirectory(Path.GetDirectoryName(s_record)!);
        _disk.ReplaceUnflushed(s_record, "{\"Host\":"u8);

        using var held = Locks(new SteppingTime(() => { })).TryExclusive("append", "copying", out _);

        Assert.NotNull(held);
    }

    [Fact]
    public void A_holder_shows_that_it_lives_and_leaves_no_record_behind()
    {
        var time = new FakeTimeProvider();
        using (Locks(time).TryExclusive("append", "copying", out _))
        {
            var before = LockHolder.Read(_disk, s_record)!.Counter;
            time.Advance(s_term);
            Assert.InRange(LockHolder.Read(_disk, s_record)!.Counter, before + 1, before + 4);
        }

        Assert.False(_disk.FileExists(s_record));
        time.Advance(s_term);
        Assert.False(_disk.FileExists(s_record));
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

    private void Write(LockHolder holder)
    {
        if (!_disk.DirectoryExists(Path.GetDirectoryName(s_record)!))
        {
            _disk.CreateDirectory(Path.GetDirectoryName(s_record)!);
        }

        _disk.ReplaceUnflushed(s_record, holder.ToBytes());
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
