using BackupCopy.Chains.Removal;
using BackupCopy.Jobs;
using BackupCopy.Running;
using BackupCopy.Running.Keeping;
using BackupCopy.Storage;

namespace BackupCopy.Tests.Running;

/// <summary>
/// Retention that is cut off between any two of its steps: by a storage that turns read-only or fills up, and
/// by the death of its process. Nothing is lost, it is told, and the next session finishes.
/// </summary>
public sealed class TransformFaultTests : IDisposable
{
    private readonly RetentionLab _lab = new(new JobRetention { KeepPoints = 6 }, new JumpingClock());

    /// <summary>What retention does to a chain, in its order.</summary>
    public static TheoryData<string, string> Steps => new()
    {
        { "rename", ".removed" },
        { "punch", ".bcblocks" },
        { "flush", ".bcblocks" },
        { "open", ".bcindex.tmp" },
        { "rename", ".bcindex" },
        { "delete", ".bcblocks" },
        { "delete", ".removed" },
    };

    public void Dispose() => _lab.Dispose();

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task Storage_that_turns_read_only_in_the_middle(string operation, string ending)
    {
        await PrepareAsync();
        await FailFromAsync(
            operation, ending, _ => true, path => StorageError.ReadOnly(path),
            ErrorCode.RepositoryReadOnly);
        await AssertFinishesAsync();
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task Storage_that_fills_up_in_the_middle(string operation, string ending)
    {
        await PrepareAsync();
        await FailFromAsync(
            operation, ending, what => what is "open" or "write" or "create" or "rename",
            path => StorageError.Full(path), ErrorCode.TargetFull);
        await AssertFinishesAsync();
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task Process_that_is_killed_in_the_middle(string operation, string ending)
    {
        await PrepareAsync();
        using (var process = await StandStillAsync(operation, ending))
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        var dead = Assert.Single(_lab.Engine.Sessions.List(result: SessionResult.Failed));
        Assert.Equal("Interrupted in Transforming: its process ended without finishing it.", dead.Reason);
        await AssertFinishesAsync();
    }

    [Fact]
    public async Task Two_processes_that_keep_one_chain_do_not_disturb_each_other()
    {
        await PrepareAsync();
        using var process = await StandStillAsync("rename", ".removed");
        var policy = _lab.Job.Retention.Policy();
        var transform = new ChainTransform(
            _lab.Chain(), points => ChainRetention.Decide(points, policy, _lab.Engine.NowUtc));
        var busy = transform.Run(default);
        Assert.Equal(4, busy.Busy.Count);
        Assert.All(busy.Busy, b => Assert.Contains(
            $"process {process.Id} on", b.Holder, StringComparison.Ordinal));
        Assert.Empty(busy.Removed);

        process.StandardInput.Close();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        Assert.Equal(0, transform.Run(default).Debt);
        Assert.Equal([5L, 6], _lab.Sequences());
        await _lab.AssertWholeAsync();
    }

    // Places in the image are written again after four days, so that files die as well as parts of them.
    private async Task PrepareAsync()
    {
        await _lab.LiveAsync(days: 6);
        Assert.SkipUnless(
            _lab.Chain().Repository.File.Storage.Punches,
            "The temporary folder's file system does not punch.");
        _lab.Keep(new JobRetention { KeepPoints = 2 });
    }

    private async Task FailFromAsync(
        string operation, string ending, Func<string, bool> isHit, Func<string, Exception> error,
        ErrorCode code)
    {
        var isFailing = false;
        var chain = _lab.Chain().Path;
        var locks = Path.Combine(chain, BackupCopy.Format.Names.LockFolder);
        var session = await _lab.SyncAsync((what, path) =>
        {
            var isInChain = path.StartsWith(chain, StringComparison.Ordinal)
                && !path.StartsWith(locks, StringComparison.Ordinal);
            isFailing |= isInChain && what == operation && path.EndsWith(ending, StringComparison.Ordinal);
            if (isFailing && isInChain && isHit(what))
            {
                throw error(path);
            }
        });
        Assert.True(isFailing, $"Nothing did {operation} {ending}.");

        // What only deletes needs no room: a full disk does not stop it.
        if (session.Result != SessionResult.Success)
        {
            Assert.Equal(SessionResult.Failed, session.Result);
            Assert.StartsWith($"{code}: ", session.Reason, StringComparison.Ordinal);
            Assert.Equal(SyncPhase.PostJob, session.Events[^1].Phase);
            Assert.Equal(_lab.Sequences().Count(s => s < 5), session.RetentionDebt);
        }
        else
        {
            Assert.Equal(("delete", ErrorCode.TargetFull), (operation, code));
        }
    }

    private async Task<System.Diagnostics.Process> StandStillAsync(string operation, string ending)
    {
        var process = ChildProcess.Start(
            "sync", _lab.Engines.PathOf("catalog.db"), "Nightly", "Transforming", operation, ending);
        for (string? line = null; line != $"in {operation} {ending}";)
        {
            line = await process.StandardOutput.ReadLineAsync();
            Assert.NotNull(line);
        }

        return process;
    }

    private async Task AssertFinishesAsync()
    {
        Assert.Superset(new HashSet<long> { 5, 6 }, _lab.Sequences().ToHashSet());
        foreach (var point in _lab.Chain().Points())
        {
            Assert.NotNull(point.File);
        }

        var next = await _lab.SyncAsync();
        Assert.Equal((SessionResult.Success, ""), (next.Result, next.Reason));
        Assert.Equal([5L, 6], _lab.Sequences());
        Assert.Equal(0, _lab.Record(next).RetentionDebt);
        Assert.Empty(FullMark.Run(_lab.Chain()).Violations);
        await _lab.AssertWholeAsync();
    }
}
