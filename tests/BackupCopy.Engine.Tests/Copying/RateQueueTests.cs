using BackupCopy.Copying;

namespace BackupCopy.Tests.Copying;

/// <summary>The order and the time of many takers at one rate, by a simulation of all that happens.</summary>
public sealed class RateQueueTests
{
    private const long Rate = 20_000_000;
    private const double Span = 10;

    [Fact]
    public void Tasks_get_equal_shares_of_exactly_the_rate_whatever_their_workers_and_batches()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var tasks = Enumerable.Range(0, random.Next(1, 7))
                .Select(_ => new Taker(random.Next(1, 9), random.Next(16, 400) * 1000, random))
                .ToList();
            Simulate(tasks, Span);

            var total = tasks.Sum(t => t.Taken);
            Assert.True(Math.Abs(total - (Rate * Span)) < 0.05 * Rate * Span, $"seed {seed}: {total} bytes");
            var share = total / tasks.Count;
            Assert.All(tasks, t => Assert.True(
                Math.Abs(t.Taken - share) < 0.05 * share,
                $"seed {seed}: {t.Taken} of {share} with {t.Workers} workers"));
        }
    }

    [Fact]
    public void A_task_that_ends_leaves_its_share_to_the_others()
    {
        var random = new Random(7);
        var (first, second) = (new Taker(3, 100_000, random), new Taker(3, 100_000, random) { Until = 5 });
        Simulate([first, second], Span);
        Assert.InRange(second.Taken, 0.95 * Rate * 2.5, 1.05 * Rate * 2.5);
        Assert.InRange(first.Taken, 0.95 * Rate * 7.5, 1.05 * Rate * 7.5);
    }

    [Fact]
    public void A_task_that_comes_late_is_owed_nothing_for_the_time_before()
    {
        var random = new Random(7);
        var (first, late) = (new Taker(3, 100_000, random), new Taker(3, 100_000, random) { From = 5 });
        Simulate([first, late], Span);
        Assert.InRange(late.Taken, 0.95 * Rate * 2.5, 1.05 * Rate * 2.5);
        Assert.InRange(first.Taken, 0.95 * Rate * 7.5, 1.05 * Rate * 7.5);
    }

    // Each worker takes, writes for a moment, and takes again.
    private static void Simulate(IReadOnlyList<Taker> tasks, double span)
    {
        var queue = new RateQueue(0);
        var asking = new PriorityQueue<Taker, double>(
            tasks.SelectMany(t => Enumerable.Repeat((t, t.From), t.Workers)));
        var waiting = new List<(Taker Task, RateQueue.Piece Piece, long Bytes)>();
        var now = 0.0;
        while (now < span)
        {
            queue.Serve(now, Rate);
            foreach (var done in waiting.Where(w => w.Piece.IsDone).ToList())
            {
                waiting.Remove(done);
                done.Task.Taken += done.Bytes;
                asking.Enqueue(done.Task, now + done.Task.WriteSeconds());
            }

            while (asking.TryPeek(out var task, out var at) && at <= now)
            {
                asking.Dequeue();
                if (now < task.Until)
                {
                    var bytes = task.Batch();
                    waiting.Add((task, queue.Add(task.Place, bytes, now, Rate), bytes));
                }
            }

            var next = Math.Min(
                queue.NextSeconds(Rate) ?? double.MaxValue,
                asking.TryPeek(out _, out var first) ? first : double.MaxValue);
            now = Math.Max(now + 1e-6, next);
        }
    }

    private sealed class Taker(int workers, int mostBytes, Random random)
    {
        public RateQueue.Place Place { get; } = new();

        public int Workers => workers;

        public long Taken { get; set; }

        public double From { get; init; }

        public double Until { get; init; } = double.MaxValue;

        public long Batch() => random.Next(mostBytes / 2, mostBytes + 1);

        public double WriteSeconds() => random.NextDouble() * 0.0005;
    }
}
