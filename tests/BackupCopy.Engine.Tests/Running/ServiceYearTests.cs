using System.Diagnostics;
using BackupCopy.Jobs;
using BackupCopy.Retention;
using BackupCopy.Running.Service;

namespace BackupCopy.Tests.Running;

/// <summary>
/// A year of a daily job in one service; ten thousand intervals with BACKUPCOPY_TEST_BUDGET=28. Nothing else
/// runs beside it, so that what the process holds is the service's.
/// </summary>
[Collection(nameof(Alone))]
public sealed class ServiceYearTests : IAsyncDisposable
{
    private const int WarmUpDays = 60;

    private readonly ServiceLab _lab = new();

    private static int Days { get; } = Math.Max(WarmUpDays * 2, (int)(365 * TestBudget.Factor));

    public ValueTask DisposeAsync() => _lab.DisposeAsync();

    [Fact]
    public async Task Year_of_a_daily_job_with_GFS_keeps_what_its_policy_says_and_grows_by_nothing()
    {
        var id = _lab.Engine.Job("Nightly").Id;
        _lab.Schedule(new JobSchedule { Every = TimeSpan.FromDays(1), At = new TimeOnly(22, 0) });
        _lab.Engine.Catalog.UpdateJob(id, job => job with
        {
            Retention = new JobRetention
            {
                Weekly = "4",
                WeeklyOn = "Sunday",
                Monthly = "12",
                MonthlyOn = "First",
                Yearly = "3",
                YearlyOn = "First of January",
                TimeZone = "UTC",
            },
        });
        await _lab.ImportAsync();
        await _lab.StartAsync(new ServiceOptions { Poll = TimeSpan.FromHours(6) });
        var before = default(Held);
        for (var day = 1; day <= Days; day++)
        {
            await _lab.PassAsync(TimeSpan.FromHours(23));
            await _lab.ImportAsync();
            await _lab.PassAsync(TimeSpan.FromHours(1));
            Assert.Equal(day + 1, _lab.EndedCount);
            if (day == WarmUpDays)
            {
                before = Measure();
            }
        }

        Assert.Equal(SessionResult.Success, _lab.WorstResult);
        Assert.Empty(_lab.Troubles);
        var after = Measure();
        TestContext.Current.TestOutputHelper!.WriteLine($"{Days} days: {before} -> {after}");
        Assert.True(after.Memory - before.Memory < 4 << 20, $"{before.Memory} -> {after.Memory} bytes");
        Assert.True(after.Threads - before.Threads <= 4, $"{before.Threads} -> {after.Threads} threads");
        Assert.True(after.Handles - before.Handles <= 8, $"{before.Handles} -> {after.Handles} handles");
        Assert.True(after.CatalogBytes < 2 * before.CatalogBytes, $"{before} -> {after}");
        AssertPolicy();
    }

    private Held Measure()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        using var me = Process.GetCurrentProcess();
        return new Held(
            GC.GetTotalMemory(forceFullCollection: true), ThreadPool.ThreadCount, Handles(me),
            new FileInfo(_lab.Engine.CatalogPath).Length);
    }

    private readonly record struct Held(long Memory, int Threads, int Handles, long CatalogBytes);

    // On Linux .NET does not count the descriptors of a process.
    private static int Handles(Process me) => Directory.Exists("/proc/self/fd")
        ? Directory.GetFiles("/proc/self/fd").Length : me.HandleCount;

    private void AssertPolicy()
    {
        var points = _lab.Engines.Points("Offsite");
        var months = Math.Min(12, Days / 31);
        Assert.InRange(points.Count, 7 + Math.Min(3, Days / 7), 8 + 4 + 12 + 3);
        Assert.True(points.Count(p => p.Gfs.Contains(GfsTier.Monthly)) >= months - 1);
        Assert.InRange(_lab.Engine.Catalog.Sessions(new BackupCopy.Catalog.SessionQuery()).Count, 89, 92);
    }
}

[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
