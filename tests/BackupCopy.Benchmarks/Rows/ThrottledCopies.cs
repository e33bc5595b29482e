using System.Diagnostics;
using BackupCopy.Copying;

namespace BackupCopy.Benchmarks.Rows;

/// <summary>
/// Several copies side by side under one rate, each with other workers and other batches, for ten seconds.
/// </summary>
internal static class ThrottledCopies
{
    public const double Seconds = 10;

    private const long BytesPerSecond = 20 << 20;

    /// <summary>
    /// How far the last run was from what it should be: its total, or the worst of its shares.
    /// </summary>
    public static double Deviation { get; private set; }

    public static async Task RunAsync(int copies)
    {
        var throttle = new Throttle(BytesPerSecond, TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var taken = new long[copies];
        var clock = Stopwatch.StartNew();
        var running = Enumerable.Range(0, copies).SelectMany(copy =>
        {
            var share = new ThrottleShare([throttle]);
            return Enumerable.Range(0, 1 + copy * 2 % 7).Select(_ => Task.Factory.StartNew(
                () => Take(share, copy), CancellationToken.None, TaskCreationOptions.LongRunning,
                TaskScheduler.Default));
        }).ToList();
        await Task.Delay(TimeSpan.FromSeconds(Seconds));
        var let = taken.Select((_, copy) => Interlocked.Read(ref taken[copy])).ToList();
        double due = BytesPerSecond * clock.Elapsed.TotalSeconds;
        await stop.CancelAsync();
        await Task.WhenAll(running);

        Deviation = let.Select(bytes => Math.Abs(bytes / (due / copies) - 1))
            .Append(Math.Abs(let.Sum() / due - 1)).Max();

        void Take(ThrottleShare share, int copy)
        {
            // From a quarter of a batch to a whole one.
            int bytes = (1 << 18) * (1 + copy % 4);
            while (!stop.IsCancellationRequested)
            {
                share.Take(bytes, stop.Token);
                Interlocked.Add(ref taken[copy], bytes);
            }
        }
    }
}
