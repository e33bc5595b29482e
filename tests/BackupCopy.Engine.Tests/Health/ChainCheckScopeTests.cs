using BackupCopy.Chains;
using BackupCopy.Health;
using BackupCopy.Storage;
using BackupCopy.Tests.Chains;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Health;

/// <summary>Which blocks a check reads, where it goes on, and what is remembered of it.</summary>
public sealed class ChainCheckScopeTests
{
    private static readonly HealthLab s_lab = new();

    [Fact]
    public async Task By_default_the_newest_complete_point_is_checked()
    {
        var disk = s_lab.NewDisk();
        var chain = s_lab.Open(disk);
        var outcome = await HealthLab.CheckAsync(chain, HealthLab.Request(CheckScope.Newest));
        Assert.Equal([4], outcome.Points);
        var all = await HealthLab.CheckAsync(chain);
        Assert.True(outcome.CheckedBlocks < all.CheckedBlocks);

        // A point in the making is none, and one that is set aside takes no part.
        using (ChainAppender.Begin(chain, Lab.Request(chain.Repository, HealthLab.Now)))
        {
        }

        Assert.NotNull(chain.Unfinished());
        Assert.Equal([4], (await HealthLab.CheckAsync(chain, HealthLab.Request(CheckScope.Newest))).Points);
        chain.ChangeMark(chain.Points()[3], HealthLab.Now, m => m with { IsSetAside = true });
        Assert.Equal([3], (await HealthLab.CheckAsync(chain, HealthLab.Request(CheckScope.Newest))).Points);
    }

    [Fact]
    public async Task Damage_that_only_an_older_point_has_is_found_when_that_point_is_read()
    {
        var disk = s_lab.NewDisk();
        var chain = s_lab.Open(disk);

        // The third point is a full: nothing of the first is in the fourth.
        var (_, entry, place) = HealthLab.Record(chain, 1);
        HealthLab.Flip(disk, HealthLab.BlockFile(chain, place.File), place.Offset + 130);
        Assert.Empty(await HealthLab.FindAsync(chain, HealthLab.Request(CheckScope.Newest)));
        var third = HealthLab.Request(CheckScope.Points) with { Sequences = [3] };
        Assert.Empty(await HealthLab.FindAsync(chain, third));
        var first = HealthLab.Request(CheckScope.Points) with { Sequences = [1] };
        Assert.Equal(entry.Name, Assert.Single(await HealthLab.FindAsync(chain, first)).Record);
        Assert.Equal(entry.Name, Assert.Single(await HealthLab.FindAsync(chain)).Record);
        var error = await Assert.ThrowsAsync<BackupCopyException>(() => HealthLab.CheckAsync(
            chain, HealthLab.Request(CheckScope.Points) with { Sequences = [9] }));
        Assert.Equal(ErrorCode.RestorePointNotFound, error.Code);
    }

    [Fact]
    public async Task Parts_cover_everything_and_then_begin_at_the_front()
    {
        var chain = s_lab.Open(s_lab.NewDisk());
        var part = HealthLab.Request(CheckScope.Percent) with { Percent = 20 };
        var bytes = 0L;
        var rounds = 0;
        CheckOutcome outcome;
        do
        {
            outcome = await HealthLab.CheckAsync(chain, part with { NowUtc = HealthLab.Now.AddDays(rounds) });
            bytes += outcome.CheckedBytes;
            Assert.True(outcome.IsComplete);
            Assert.Empty(outcome.Damage);
            Assert.Equal(outcome.Points.Count == 0, ChainMemory.Read(chain).Position is not null);
        }
        while (outcome.Points.Count == 0 && ++rounds < 20);

        Assert.Equal(outcome.TotalBytes, bytes);
        Assert.InRange(rounds, 2, 5);
        var memory = ChainMemory.Read(chain);
        Assert.Equal([1, 2, 3, 4], memory.Points.Select(p => p.Sequence));
        Assert.All(memory.Points, p => Assert.Equal(HealthLab.Now, p.VerifiedUtc));
        await HealthLab.CheckAsync(chain, part);
        Assert.NotNull(ChainMemory.Read(chain).Position);
    }

    [Fact]
    public async Task A_check_that_was_stopped_goes_on_where_it_was_and_keeps_what_it_found()
    {
        var disk = s_lab.NewDisk();
        var chain = s_lab.Open(disk);
        var (_, entry, place) = HealthLab.Record(chain, 1);
        HealthLab.Flip(disk, HealthLab.BlockFile(chain, place.File), place.Offset + 130);
        using var stop = new CancellationTokenSource();
        var read = 0L;
        var request = HealthLab.Request() with
        {
            Workers = 1,
            Progress = (done, _) =>
            {
                read = done;
                if (done > 3 << 20)
                {
                    stop.Cancel();
                }
            },
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => ChainCheck.RunAsync(chain, request, stop.Token));
        var memory = ChainMemory.Read(chain);
        Assert.False(memory.Last!.IsComplete);
        Assert.Equal(entry.Name.ToString(), Assert.Single(memory.Damage).Record);
        Assert.Empty(memory.Points);

        var rest = await HealthLab.CheckAsync(
            chain, HealthLab.Request() with { NowUtc = HealthLab.Now.AddDays(1) });
        Assert.Equal(rest.TotalBytes - read, rest.CheckedBytes);
        Assert.Empty(rest.Damage);
        memory = ChainMemory.Read(chain);
        Assert.Null(memory.Position);
        Assert.Equal(entry.Name.ToString(), Assert.Single(memory.Damage).Record);
        Assert.All(memory.Points, p => Assert.Equal(HealthLab.Now, p.VerifiedUtc));
        Assert.Equal(1, memory.Points[0].Damaged);
    }

    [Fact]
    public async Task Another_depth_or_scope_begins_at_the_front()
    {
        var chain = s_lab.Open(s_lab.NewDisk());
        await HealthLab.CheckAsync(chain, HealthLab.Request(CheckScope.Percent) with { Percent = 50 });
        var outcome = await HealthLab.CheckAsync(chain, HealthLab.Request(CheckScope.All));
        Assert.Equal(outcome.TotalBytes, outcome.CheckedBytes);

        // A check of another scope that came to its end leaves the position to the one it belongs to.
        Assert.Equal(nameof(CheckScope.Percent), ChainMemory.Read(chain).Position!.Scope);
        var quick = HealthLab.Request(CheckScope.Percent, CheckDepth.Quick);
        Assert.Equal(outcome.TotalBytes, (await HealthLab.CheckAsync(chain, quick)).CheckedBytes);
    }

    [Fact]
    public async Task It_gives_way_to_a_removal_and_goes_on_later()
    {
        var chain = s_lab.Open(s_lab.NewDisk());
        HeldLock? wish = null;
        var request = HealthLab.Request() with
        {
            Workers = 1,
            Progress = (_, _) => wish ??= chain.Locks.TryExclusive(
                Chain.WishFor(chain.Points()[0].Stem), "test", out var _),
        };
        var outcome = await HealthLab.CheckAsync(chain, request);
        Assert.True(outcome.GaveWay);
        Assert.False(outcome.IsComplete);
        Assert.InRange(outcome.CheckedBytes, 1, outcome.TotalBytes - 1);

        // While the wish is there it ends before it reads.
        Assert.Equal(0, (await HealthLab.CheckAsync(chain)).CheckedBytes);
        wish!.Dispose();
        var rest = await HealthLab.CheckAsync(chain);
        Assert.Equal(rest.TotalBytes, outcome.CheckedBytes + rest.CheckedBytes);
        Assert.Equal([1, 2, 3, 4], rest.Points);
    }

    [Fact]
    public async Task It_holds_every_point_and_a_second_check_is_refused_by_name()
    {
        var chain = s_lab.Open(s_lab.NewDisk());
        var wasHeld = false;
        BackupCopyException? refused = null;
        await HealthLab.CheckAsync(chain, HealthLab.Request() with
        {
            Progress = (_, _) =>
            {
                wasHeld |= chain.Points().All(p => chain.Locks.IsHeld(p.Stem));
                refused ??= Assert.Throws<BackupCopyException>(() => CheckLocks.Take(chain));
            },
        });
        Assert.True(wasHeld);
        Assert.Equal(ErrorCode.ChainLocked, refused!.Code);
        Assert.Contains("checking the chain", refused.Message, StringComparison.Ordinal);
        Assert.All(chain.Points(), p => Assert.False(chain.Locks.IsHeld(p.Stem)));
    }

    [Fact]
    public async Task A_read_only_repository_is_checked_without_a_trace()
    {
        var disk = s_lab.NewDisk();
        disk.IsReadOnly = true;
        var chain = s_lab.Open(disk);
        var before = disk.Operations;
        Assert.Equal([1, 2, 3, 4], (await HealthLab.CheckAsync(chain)).Points);
        Assert.Equal(before, disk.Operations);
    }
}
