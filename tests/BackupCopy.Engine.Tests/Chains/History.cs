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
    private readonly List<byte[]> _knownContent = [];
    private List<MemoryDisk> _disks;
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
        _disks = [new MemoryDisk("disk0", Size())];
    }

    public void Run(int steps)
    {
        for (var step = 0; step < steps; step++)
        {
            Change();
            Import(full: _random.Next(10) == 0, interrupted: _random.Next(4) == 0);
            if (_random.Next(3) > 0)
            {
                Copy(full: _random.Next(10) == 0, interrupted: _random.Next(4) == 0);
            }

            Check();
        }
    }

    private void Change()
    {
        _disks = [.. _disks.Select(d => d.Clone())];
        var disk = _disks[_random.Next(_disks.Count)];
        for (var i = _random.Next(6); i >= 0; i--)
        {
            switch (_random.Next(12))
            {
                case 0:
                    disk.Discard(Offset(disk), _random.Next(4 * Block));
                    break;
                case 1:
                    disk.Resize(Math.Max(1, Size()));
                    break;
                case 2 when _disks.Count < 4:
                    _disks.Add(new MemoryDisk($"disk{_disks.Count}", Size()));
                    break;
                case 3 when _disks.Count > 1:
                    _disks.RemoveAt(_random.Next(_disks.Count));
                    disk = _disks[0];
                    break;
                case 4 or 5 when _knownContent.Count > 0:
                    // Moved, doubled and returning content.
                    WriteBlock(disk, _knownContent[_random.Next(_knownContent.Count)]);
                    break;
                default:
                    WriteSome(disk);
                    break;
            }
        }
    }

    private void WriteBlock(MemoryDisk disk, byte[] content)
    {
        var at = Offset(disk) / Block * Block;
        disk.Write(at, content.AsSpan(0, (int)Math.Min(content.Length, disk.SizeBytes - at)));
    }

    private void WriteSome(MemoryDisk disk)
    {
        var content = new byte[_random.Next(1, Block + 1)];
        _random.NextBytes(content);
        if (_random.Next(2) == 0)
        {
            content.AsSpan(content.Length / 4).Fill((byte)_random.Next(256));
        }

        if (_random.Next(3) == 0)
        {
            Array.Resize(ref content, Block);
            _knownContent.Add(content);
            WriteBlock(disk, content);
            return;
        }

        var at = Offset(disk);
        disk.Write(at, content.AsSpan(0, (int)Math.Min(content.Length, disk.SizeBytes - at)));
    }

    private void Import(bool full, bool interrupted)
    {
        // Time is data: now and then it goes back or stands still.
        _time = _time.AddMinutes(_random.Next(8) switch { 0 => -600, 1 => 0, _ => 60 });
        if (interrupted)
        {
            var half = _disks.Select(d => d.Clone()).ToList();
            half[^1].OnCheck = () =>
                throw new BackupCopyException(ErrorCode.ImageChanged, "changed", "again");
            Assert.Throws<BackupCopyException>(() => Lab.Import(_source, _time, half, full));
            if (_random.Next(2) == 0)
            {
                Change();
            }
        }

        var point = Lab.Import(_source, _time, _disks, full);
        _sourceModel.Add(point.Sequence, _disks);
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

    private long Size() => _random.Next(5) switch
    {
        0 => _random.Next(1, 3 * Block),
        1 => 300L * Block + _random.Next(1000),
        _ => _random.Next(1, 40) * (long)Block / 2,
    };

    private long Offset(MemoryDisk disk) => _random.NextInt64(disk.SizeBytes);

    private T Any<T>(params T[] choices) => choices[_random.Next(choices.Length)];
}
