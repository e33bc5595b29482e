namespace BackupCopy.Tests.Chains;

/// <summary>
/// The disks of a machine that come, go, grow, and change at random: noise, discards, content that was there
/// before.
/// </summary>
internal sealed class ChangingDisks
{
    private readonly Random _random;
    private readonly int _block;
    private readonly int _mostContentBytes;
    private readonly List<byte[]> _known = [];

    /// <param name="mostContentBytes">What is written at once, up to a block.</param>
    public ChangingDisks(Random random, int block, int mostContentBytes)
    {
        _random = random;
        _block = block;
        _mostContentBytes = mostContentBytes;
        Disks = [new MemoryDisk("disk0", Size())];
    }

    public List<MemoryDisk> Disks { get; private set; }

    /// <summary>Changes the disks; those of before stay as they are.</summary>
    public void Change()
    {
        Disks = [.. Disks.Select(d => d.Clone())];
        var disk = Disks[_random.Next(Disks.Count)];
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
                case 2 when Disks.Count < 3:
                    Disks.Add(new MemoryDisk($"disk{Disks.Count}", Size()));
                    break;
                case 3 when Disks.Count > 1:
                    Disks.RemoveAt(_random.Next(Disks.Count));
                    disk = Disks[0];
                    break;
                case < 6 when _known.Count > 0:
                    // Moved, doubled and returning content.
                    WriteBlock(disk, _known[_random.Next(_known.Count)]);
                    break;
                default:
                    WriteSome(disk);
                    break;
            }
        }
    }

    private void WriteBlock(MemoryDisk disk, byte[] content)
    {
        var at = Offset(disk) / _block * _block;
        disk.Write(at, content.AsSpan(0, (int)Math.Min(content.Length, disk.SizeBytes - at)));
    }

    private void WriteSome(MemoryDisk disk)
    {
        var content = new byte[_random.Next(1, _mostContentBytes + 1)];
        _random.NextBytes(content);
        if (_random.Next(2) == 0)
        {
            content.AsSpan(content.Length / 4).Fill((byte)_random.Next(256));
        }

        if (_random.Next(3) == 0)
        {
            Array.Resize(ref content, _block);
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
