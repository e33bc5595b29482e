using BackupCopy.Catalog;
using BackupCopy.Jobs;
using BackupCopy.Tests.Storage;
using static BackupCopy.Tests.Catalog.CatalogSamples;

namespace BackupCopy.Tests.Catalog;

/// <summary>
/// The life of a catalog from its creation on, with everything that can happen to its disk.
/// </summary>
public sealed class CatalogCrashTests
{
    private static readonly string s_path = Path.Combine(SimulatedDisk.Root, "catalog.db");

    private static readonly RepositoryDefinition s_repository = Repository();
    private static readonly JobDefinition s_job = Job(s_repository);
    private static readonly SessionRecord s_session = Session(s_job.Id);
    private static readonly SessionRecord s_next = Session(s_job.Id, 1).Ended(SessionResult.Failed);
    private static readonly SessionRecord s_large =
        Session(s_job.Id, 2) with { Reason = new string('g', 100_000) };

    private static readonly Action<CatalogStore>[] s_changes =
    [
        catalog => catalog.AddRepository(s_repository),
        catalog => catalog.AddJob(s_job),
        catalog => catalog.BeginSessionIfIdle(s_session, _ => true),
        catalog => catalog.SaveSession(s_session with { Reason = new string('r', 20_000) }),
        catalog => catalog.SaveSession(s_session.Ended()),
        catalog => catalog.SetSetting("key", "value"),
        catalog => catalog.UpdateJob(s_job.Id, known => known with { Name = "Renamed" }),
        catalog => catalog.SetSetting("key", null),
        catalog => catalog.BeginSession(s_next),
        catalog => catalog.SaveSession(s_large),
    ];

    [Fact]
    public void Power_cut_after_any_write_leaves_every_acknowledged_change_and_the_last_one_whole_or_absent()
    {
        var (operations, contents) = WholeLife();
        for (var cut = 0; cut <= operations; cut++)
        {
            var disk = new SimulatedDisk();
            disk.CutAfter(cut);
            var acknowledged = Live(disk);
            foreach (var seed in TestBudget.Seeds(4))
            {
                AssertUsable(disk.PowerCut(seed + (1000 * cut)), contents, acknowledged);
            }

            AssertUsable(disk.PowerCutLosingAll(), contents, acknowledged);
        }
    }

    [Fact]
    public void Process_that_dies_after_any_write_leaves_the_same()
    {
        var (operations, contents) = WholeLife();
        for (var cut = 0; cut <= operations; cut++)
        {
            var disk = new SimulatedDisk();
            disk.CutAfter(cut);
            var acknowledged = Live(disk);
            AssertUsable(disk.Kill(), contents, acknowledged);
        }
    }

    /// <summary>
    /// The second cut comes while what the first one left is finished, at every write of that.
    /// </summary>
    [Fact]
    public void Power_cut_amid_finishing_what_a_power_cut_left_loses_nothing()
    {
        var (operations, contents) = WholeLife();
        foreach (var seed in TestBudget.Seeds(30))
        {
            var random = new Random(seed);
            var first = new SimulatedDisk();
            first.CutAfter(random.Next(operations + 1));
            var acknowledged = Live(first);
            var left = first.PowerCut(seed);
            var found = Found(left, contents, acknowledged);
            for (var cut = 0; ; cut++)
            {
                var second = left.Fork();
                second.CutAfter(cut);
                var error = Record.Exception(() => Store(second).SetSetting("again", "1"));
                var after = second.PowerCut(seed);
                Store(after).SetSetting("again", null);
                Assert.Equal(contents[found], Content(Store(after)));
                if (error is null)
                {
                    break;
                }
            }
        }
    }

    /// <summary>
    /// Each write and flush of a change fails in turn: alone, or with all after it, when nothing can be taken
    /// back and a change that was reported as failed may be there, but whole.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(int.MaxValue)]
    public void Failed_write_or_flush_leaves_the_change_whole_or_absent_and_the_catalog_readable(int failures)
    {
        var contents = WholeLife().Contents;
        for (var change = 0; change < s_changes.Length; change++)
        {
            var before = new SimulatedDisk();
            Live(before, change);
            for (var fault = 0; ; fault++)
            {
                var disk = before.Fork();
                var seen = 0;
                disk.Fault = operation =>
                    operation.Kind != DiskOperationKind.Read
                    && seen++ >= fault && seen <= fault + (long)failures
                        ? SimulatedDisk.InputOutputError(operation.Path)
                        : null;
                var error = Record.Exception(() => s_changes[change](Store(disk)));
                disk.Fault = null;
                var found = Content(Store(disk));
                if (error is null)
                {
                    Assert.Equal(contents[change + 1], found);
                }
                else
                {
                    var code = Assert.IsType<BackupCopyException>(error).Code;
                    Assert.Equal(ErrorCode.CatalogUnavailable, code);
                    Assert.Contains(found, contents.GetRange(change, failures == 1 ? 1 : 2));
                }

                AssertWritable(disk);
                if (seen <= fault)
                {
                    break;
                }
            }
        }
    }

    [Fact]
    public void Full_disk_fails_a_change_with_the_catalog_as_it_was()
    {
        var contents = WholeLife().Contents;
        var disk = new SimulatedDisk();
        Live(disk, s_changes.Length - 1);
        disk.CapacityBytes = disk.UsedBytes;
        var error = CatalogStoreTests.AssertCode(
            ErrorCode.CatalogUnavailable, () => Store(disk).SaveSession(s_large));
        Assert.Contains("Free space", error.Remedy, StringComparison.Ordinal);
        Assert.Equal(contents[^2], Content(Store(disk)));
        disk.CapacityBytes = null;
        Store(disk).SaveSession(s_large);
        Assert.Equal(contents[^1], Content(Store(disk)));
    }

    [Fact]
    public void Reader_sees_a_change_whose_author_died_and_writes_nothing()
    {
        var (operations, contents) = WholeLife();
        var seen = 0;
        for (var cut = 0; cut <= operations; cut++)
        {
            var disk = new SimulatedDisk();
            disk.CutAfter(cut);
            var acknowledged = Live(disk);
            var after = disk.PowerCutLosingAll();
            after.IsReadOnly = true;
            seen += Found(after, contents, acknowledged) > acknowledged ? 1 : 0;
        }

        Assert.True(seen > s_changes.Length);
    }

    /// <summary>At any moment of its life, also with a change that only the journal has.</summary>
    [Fact]
    public void Catalog_that_is_taken_away_starts_anew_durably()
    {
        var operations = WholeLife().Operations;
        for (var cut = 0; cut <= operations; cut++)
        {
            var disk = new SimulatedDisk();
            disk.CutAfter(cut);
            if (Live(disk) == 0)
            {
                continue;
            }

            var after = disk.PowerCutLosingAll();
            after.Delete(s_path);
            after.FlushDirectory(SimulatedDisk.Root);
            Assert.Empty(Store(after).Jobs());
            Store(after).SetSetting("new", "1");
            var last = Store(after.PowerCutLosingAll());
            Assert.Equal("1", Assert.Single(last.Settings()).Value);
            Assert.Empty(last.Repositories());
        }
    }

    [Fact]
    public void Short_writes_and_reads_change_nothing()
    {
        var disk = new SimulatedDisk();
        disk.UseShortTransfers(1);
        Live(disk);
        Assert.Equal(WholeLife().Contents[^1], Content(Store(disk)));
    }

    internal static CatalogStore Store(SimulatedDisk disk) => new(disk, s_path, TimeSpan.Zero);

    /// <summary>Makes the changes in order until the disk dies; says how many returned.</summary>
    internal static int Live(SimulatedDisk disk, int count = int.MaxValue)
    {
        var acknowledged = 0;
        try
        {
            foreach (var change in s_changes.Take(count))
            {
                change(Store(disk));
                acknowledged++;
            }
        }
        catch (PowerLostException)
        {
            // That is the point; the caller goes on with what is left.
        }

        return acknowledged;
    }

    private static (int Operations, List<string> Contents) WholeLife()
    {
        var disk = new SimulatedDisk();
        var contents = new List<string> { Content(Store(disk)) };
        foreach (var change in s_changes)
        {
            change(Store(disk));
            contents.Add(Content(Store(disk)));
        }

        Assert.Equal(contents.Count, contents.Distinct().Count());
        return (disk.Operations, contents);
    }

    private static int Found(SimulatedDisk disk, List<string> contents, int acknowledged)
    {
        var content = Content(Store(disk));
        var found = contents.IndexOf(content);
        Assert.InRange(found, acknowledged, acknowledged + 1);
        return found;
    }

    private static void AssertUsable(SimulatedDisk disk, List<string> contents, int acknowledged)
    {
        var found = Found(disk, contents, acknowledged);
        AssertWritable(disk);
        Assert.Equal(contents[found], Content(Store(disk)));
    }

    private static void AssertWritable(SimulatedDisk disk)
    {
        var catalog = Store(disk);
        catalog.SetSetting("after", "1");
        Assert.Equal("1", catalog.GetSetting("after"));
        catalog.SetSetting("after", null);
    }
}
