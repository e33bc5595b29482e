using BackupCopy.Chains;
using BackupCopy.Copying;
using BackupCopy.Jobs;
using BackupCopy.Running.Transferring;
using BackupCopy.Storage;
using BackupCopy.Tests.Chains;
using BackupCopy.Tests.Running;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Copying;

/// <summary>Where the time of a copy's workers goes, on a clock that each of them has for itself.</summary>
public sealed class CopyStageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("source", "read", Bottleneck.Source)]
    [InlineData("target", "write", Bottleneck.Target)]
    public void The_slow_end_is_the_bottleneck(string slow, string operation, Bottleneck expected)
    {
        var storage = new CutStorage((what, path) =>
        {
            if (what == operation && path.StartsWith(_folder[slow], StringComparison.Ordinal)
                && path.EndsWith(".bcblocks", StringComparison.Ordinal))
            {
                ThreadClock.Advance(TimeSpan.FromMilliseconds(10));
            }
        });
        var source = Lab.ChainIn(Lab.NewRepository(LocalStorage.Instance, _folder["source"]));
        var disk = new MemoryDisk("disk0", 8 << 20);
        var content = new byte[8 << 20];
        new Random(3).NextBytes(content);
        disk.Write(0, content);
        Lab.Import(source, Lab.Start, [disk]);
        var from = Lab.ChainIn(RepositoryFolder.Open(storage, _folder["source"]));
        var target = Lab.ChainIn(Lab.NewRepository(storage, _folder["target"]));
        var progress = new CopyProgress(new ThreadClock());
        Assert.Equal(Bottleneck.None, Bottlenecks.Of(progress));
        Lab.Copy(from, 1, target, progress: progress);
        Assert.Equal(expected, Bottlenecks.Of(progress));
        Assert.Equal(progress.TotalBytes, progress.DoneBytes);
    }

    private sealed class ThreadClock : TimeProvider
    {
        [ThreadStatic]
        private static long s_ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public static void Advance(TimeSpan by) => s_ticks += by.Ticks;

        public override long GetTimestamp() => s_ticks;
    }
}
