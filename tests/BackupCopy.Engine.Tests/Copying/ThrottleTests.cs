using BackupCopy.Copying;
using BackupCopy.Tests.Running;
using Microsoft.Extensions.Time.Testing;

namespace BackupCopy.Tests.Copying;

public sealed class ThrottleTests
{
    private const int Rate = 1_000_000;

    private readonly FakeTimeProvider _time = new();
    private readonly RateQueue.Place _place = new();
    private long _rate = Rate;

    [Fact]
    public void Bytes_go_when_their_own_time_is_over_the_first_ones_too()
    {
        var throttle = new Throttle(Rate, _time);
        var first = throttle.Enter(_place, 500_000);
        var second = throttle.Enter(_place, 250_000);
        _time.Advance(TimeSpan.FromMilliseconds(499));
        Assert.False(first.IsDone);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal((true, false), (first.IsDone, second.IsDone));
        _time.Advance(TimeSpan.FromMilliseconds(249));
        Assert.False(second.IsDone);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(second.IsDone);
    }

    [Fact]
    public void An_hour_of_idleness_is_worth_a_tenth_of_a_second()
    {
        var throttle = new Throttle(Rate, _time);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.True(throttle.Enter(_place, 100_000).IsDone);
        var next = throttle.Enter(_place, 10_000);
        _time.Advance(TimeSpan.FromMilliseconds(9));
        Assert.False(next.IsDone);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(next.IsDone);
    }

    [Fact]
    public void A_changed_rate_counts_within_a_second_for_bytes_that_wait_already()
    {
        _rate = 1000;
        var throttle = new Throttle(() => _rate, _time);
        var piece = throttle.Enter(_place, 10_000_000);
        _time.Advance(TimeSpan.FromSeconds(2));
        _rate = 100_000_000;
        _time.Advance(TimeSpan.FromMilliseconds(600));
        Assert.True(piece.IsDone);
    }

    [Fact]
    public void Without_a_rate_nothing_waits()
    {
        var throttle = new Throttle(() => _rate, _time);
        var piece = throttle.Enter(_place, 10_000_000);
        _rate = 0;
        _time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.True(piece.IsDone);
        Assert.True(throttle.Enter(_place, long.MaxValue / 4).IsDone);
    }

    [Fact]
    public async Task A_cancelled_taker_does_not_wait_and_the_next_one_pays_for_its_bytes()
    {
        using var stop = new CancellationTokenSource();
        var throttle = new Throttle(Rate, _time);
        var share = new ThrottleShare([throttle]);
        var taking = Task.Run(() => share.Take(1_000_000, stop.Token));
        await stop.CancelAsync();
        await taking;
        var next = throttle.Enter(_place, 10_000);
        _time.Advance(TimeSpan.FromMilliseconds(1009));
        Assert.False(next.IsDone);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(next.IsDone);
    }

    [Fact]
    public void The_lowest_of_several_rates_wins_and_they_do_not_add_up()
    {
        var clock = new JumpingClock();
        var share = new ThrottleShare(
            [new Throttle(4 * Rate, clock), new Throttle(Rate, clock), new Throttle(2 * Rate, clock)]);
        for (var i = 0; i < 100; i++)
        {
            share.Take(100_000, default);
        }

        Assert.InRange(clock.Waited.TotalSeconds, 9.5, 10.5);
    }

    [Fact]
    public void Threads_of_two_copies_keep_to_the_one_rate_together()
    {
        var clock = new JumpingClock();
        var throttle = new Throttle(Rate, clock);
        var taken = new long[2];
        var shares = new[] { new ThrottleShare([throttle]), new ThrottleShare([throttle]) };
        var threads = Enumerable.Range(0, 6).Select(i => new Thread(() => Run(i < 5 ? 0 : 1))).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        var total = taken.Sum();
        Assert.InRange(total / clock.Waited.TotalSeconds, 0.95 * Rate, 1.05 * Rate);

        void Run(int copy)
        {
            while (Interlocked.Read(ref taken[0]) + Interlocked.Read(ref taken[1]) < 20 * Rate)
            {
                shares[copy].Take(50_000, default);
                Interlocked.Add(ref taken[copy], 50_000);
            }
        }
    }
}
