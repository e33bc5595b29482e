using System.Diagnostics;
using BackupCopy.Copying;

namespace BackupCopy.Tests.Copying;

public sealed class ThrottleTests
{
    [Fact]
    public void What_was_taken_delays_the_next_taker_by_its_share_of_the_rate()
    {
        var throttle = new Throttle(bytesPerSecond: 1_000_000, TimeProvider.System);
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < 6; i++)
        {
            throttle.Take(50_000, default);
        }

        // Five waits of 50 ms lie between six takers; a slow machine only waits longer.
        Assert.True(clock.Elapsed >= TimeSpan.FromMilliseconds(245), $"{clock.Elapsed}");
    }

    [Fact]
    public void A_cancelled_taker_does_not_wait()
    {
        using var stop = new CancellationTokenSource();
        var throttle = new Throttle(bytesPerSecond: 1, TimeProvider.System);
        throttle.Take(1_000_000, stop.Token);
        stop.Cancel();
        throttle.Take(1, stop.Token);
    }
}
