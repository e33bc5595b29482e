namespace BackupCopy.Tests.Chains.Removal;

/// <summary>
/// The disks of a machine that come, go, grow, and change at random: noise, discards, content that was there
/// before.
/// </summary>
internal sealed class ChangingDisks
{
    private readonly Random _random;
    private readonly int _block;
    private readonly List<byte[]> _known = [];
    private List<MemoryDisk> _disks;

    public ChangingDisks(Random random, int block)
    {
        _random = random;
        _block = block;
        _disks = [new MemoryDisk("disk0", Size())];
    }

    /// <summary>The disks after some changes; those of before stay as they are.</summary>
    public List<MemoryDisk> Change()
    {
        _disks = [.. _disks.Select(d => d.Clone())];
        var disk = _disks[_random.Next(_disks.Count)];
        for (var i = _random.Next(5); i >= 0; i--)
        {
            switch (_random.Next(12))
            {
                case 0:
                    disk.Discard(Offset(disk), _random.Next(4 * _block));
                    break;
                case 1:
                    disk.Resize(Math.Max(1, Size()));
                    break;
                case 2 when _disks.Count < 3:
                    _disks.Add(new MemoryDisk($"disk{_disks.Count}", Size()));
                    break;
                case 3 when _disks.Count > 1:
                    _disks.RemoveAt(_random.Next(_disks.Count));
                    disk = _disks[0];
                    break;
                case < 8 when _known.Count > 0:
                    WriteBlock(disk, _known[_random.Next(_known.Count)]);
                    break;
                default:
                    WriteSome(disk);
                    break;
            }
        }

        return _disks;
    }

    private void WriteBlock(MemoryDisk disk, byte[] content)
    {
        var at = Offset(disk) / _block * _block;
        disk.Write(at, content.AsSpan(0, (int)Math.Min(content.Length, disk.SizeBytes - at)));
    }

    private void WriteSome(MemoryDisk disk)
    {
        var content = new byte[_random.Next(1, 9000)];
        _random.NextBytes(content);
        if (_random.Next(2) == 0)
        {
            _known.Add(content);
            WriteBlock(disk, content);
            return;
        }

        var at = Offset(disk);
        disk.Write(at, content.AsSpan(0, (int)Math.Min(content.Length, disk.SizeBytes - at)));
    }

    private long Size() => _random.Next(6) switch
    {
        0 => _random.Next(1, 3 * _block),
        1 => 300L * _block + _random.Next(1000),
        _ => _random.Next(1, 16) * (long)_block / 2,
    };

    private long Offset(MemoryDisk disk) => _random.NextInt64(disk.SizeBytes);
}
