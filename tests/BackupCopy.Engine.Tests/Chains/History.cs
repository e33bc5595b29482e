using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Copying;
using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Tests.Chains;

/// <summary>
/// One random history: a chain made from disks, copied now and then into a second repository.
/// </summary>
internal sealed class History
{
    private const int Block = 256 * 1024;

    private readonly Random _random;
    private readonly Chain _source;
    private readonly Chain _target;
    private readonly Dictionary<long, List<MemoryDisk>> _sourceModel = [];
    private readonly Dictionary<long, List<MemoryDisk>> _targetModel = [];
    private readonly ChangingDisks _machine;
    private DateTime _time = Lab.Start;

    public History(int seed, IStorage storage, string folder)
    {
        _random = new Random(seed);
        _source = Lab.ChainIn(Lab.NewRepository(
            storage, Path.Combine(folder, "source"), Block, Any(Compression.None, Compression.Fast)));
        var targetBlock = _random.Next(6) == 0 ? 512 * 1024 : Block;
        var targetCompression = _random.Next(3) == 0
            ? Compression.Default
            : _source.Repository.File.Compression;
        _target = Lab.ChainIn(Lab.NewRepository(
            storage, Path.Combine(folder, "target"), targetBlock, targetCompression));
        _machine = new ChangingDisks(_random, Block, mostContentBytes: Block);
    }

    public void Run(int steps)
    {
        for (var step = 0; step < steps; step++)
        {
            _machine.Change();
            Import(full: _random.Next(10) == 0, interrupted: _random.Next(4) == 0);
            if (_random.Next(3) > 0)
            {
                Copy(full: _random.Next(10) == 0, interrupted: _random.Next(4) == 0);
            }

            Check();
        }
    }

    private void Import(bool full, bool interrupted)
    {
        // Time is data: now and then it goes back or stands still.
        _time = _time.AddMinutes(_random.Next(8) switch { 0 => -600, 1 => 0, _ => 60 });
        if (interrupted)
        {
            var half = _machine.Disks.Select(d => d.Clone()).ToList();
            half[^1].OnCheck = () =>
                throw new BackupCopyException(ErrorCode.ImageChanged, "changed", "again");
            Assert.Throws<BackupCopyException>(() => Lab.Import(_source, _time, half, full));
            if (_random.Next(2) == 0)
            {
                _machine.Change();
            }
        }

        var point = Lab.Import(_source, _time, _machine.Disks, full);
        _sourceModel.Add(point.Sequence, _machine.Disks);
    }

    private void Copy(bool full, bool interrupted)
    {
        var newest = _source.Points()[^1].Sequence;
        if (interrupted)
        {
            using var stop = new CancellationTokenSource();
            var progress = new CopyProgress();
            stop.Cancel();
            Assert.ThrowsAny<OperationCanceledException>(
                () => Lab.Copy(_source, newest, _target, full, progress, stop.Token));
        }

        var point = Lab.Copy(_source, newest, _target, full);
        _targetModel.Add(point.Sequence, _sourceModel[newest]);
    }

    private void Check()
    {
        foreach (var (chain, model) in new[] { (_source, _sourceModel), (_target, _targetModel) })
        {
            Assert.Equal(model.Keys.Order(), chain.Points().Select(p => p.Sequence));
            Assert.Null(chain.Unfinished());
            foreach (var (sequence, disks) in model)
            {
                Lab.AssertEqual(chain, sequence, disks);
                Lab.AssertUses(chain, sequence);
            }
        }
    }

    private T Any<T>(params T[] choices) => choices[_random.Next(choices.Length)];
}
