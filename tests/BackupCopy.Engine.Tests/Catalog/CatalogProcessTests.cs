using System.Diagnostics;
using System.Globalization;
using BackupCopy.Catalog;
using BackupCopy.Jobs;
using BackupCopy.Tests.Storage;
using static BackupCopy.Tests.Catalog.CatalogSamples;

namespace BackupCopy.Tests.Catalog;

public sealed class CatalogProcessTests : IDisposable
{
    private const int Processes = 8;

    private readonly TemporaryFolder _folder = new();
    private readonly ITestOutputHelper _output;

    public CatalogProcessTests(ITestOutputHelper output)
    {
        _output = output;
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Eight_processes_and_kill_9_among_them_lose_nothing_that_was_acknowledged()
    {
        var catalog = new CatalogStore(_folder["catalog.db"]);
        var repository = Repository();
        var job = Job(repository);
        catalog.AddRepository(repository);
        catalog.AddJob(job);

        var hammers = Enumerable.Range(0, Processes).Select(id => new Hammer(catalog.Path, id)).ToList();
        var end = Stopwatch.GetTimestamp() + (long)(6 * TestBudget.Factor * Stopwatch.Frequency);
        var threads = hammers.Select(hammer => new Thread(() => hammer.RunUntil(end))).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        var acknowledged = hammers.Sum(hammer => hammer.Acknowledged);
        var kills = hammers.Sum(hammer => hammer.Kills);
        _output.WriteLine($"{acknowledged} acknowledged, {kills} killed");
        Assert.All(hammers, hammer => Assert.Equal("", hammer.Errors));
        AssertNothingLost(catalog, hammers);

        // A change that was made but not yet acknowledged when its process died may count once more.
        var added = long.Parse(catalog.FindJob(job.Id)!.Compression!, CultureInfo.InvariantCulture);
        Assert.InRange(added, acknowledged, acknowledged + kills);
    }

    private static void AssertNothingLost(CatalogStore catalog, List<Hammer> hammers)
    {
        var numbers = catalog.Sessions(new SessionQuery())
            .Select(session => session.Id.ToByteArray())
            .Select(id => (Hammer: BitConverter.ToInt32(id), Number: BitConverter.ToInt32(id, sizeof(int))))
            .ToHashSet();
        foreach (var hammer in hammers)
        {
            var lost = Enumerable.Range(1, hammer.Acknowledged).Where(n => !numbers.Contains((hammer.Id, n)));
            Assert.Empty(lost);
        }
    }

    /// <summary>
    /// One child process after the other, each killed at a random moment and continued by the next.
    /// </summary>
    private sealed class Hammer(string catalog, int id)
    {
        private readonly Random _random = new(id);

        public int Id => id;

        public int Acknowledged { get; private set; }

        public int Kills { get; private set; }

        public string Errors { get; private set; } = "";

        public void RunUntil(long end)
        {
            while ((Stopwatch.GetTimestamp() < end || Acknowledged == 0) && Errors.Length == 0)
            {
                RunOnce();
            }
        }

        private void RunOnce()
        {
            var first = (Acknowledged + 1).ToString(CultureInfo.InvariantCulture);
            using var child = ChildProcess.Start(
                "catalog-hammer", catalog, id.ToString(CultureInfo.InvariantCulture), first, "1000000");
            var errors = new Thread(() => Errors += child.StandardError.ReadToEnd());
            errors.Start();

            // Some die while they start or in their first call, most between two or amid one later on. The
            // pause only varies the moment; nothing is concluded from it.
            var survives = _random.Next(-1, 12);
            if (survives < 0)
            {
                Pause(600);
            }
            else if (ReadNumbers(child.StandardOutput, Acknowledged + survives))
            {
                Pause(15);
            }

            if (!child.HasExited)
            {
                child.Kill();
                Kills++;
            }

            child.WaitForExit();
            ReadNumbers(child.StandardOutput, int.MaxValue);
            errors.Join();
        }

        private void Pause(int limitMilliseconds) => Thread.Sleep(_random.Next(limitMilliseconds));

        // The process may die while it prints; only a whole line in order is an acknowledgement.
        private bool ReadNumbers(StreamReader output, int until)
        {
            while (Acknowledged < until && output.ReadLine() is { } line)
            {
                if (line == (Acknowledged + 1).ToString(CultureInfo.InvariantCulture))
                {
                    Acknowledged++;
                }
            }

            return Acknowledged >= until;
        }
    }
}
