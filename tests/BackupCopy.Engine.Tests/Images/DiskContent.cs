namespace BackupCopy.Tests.Images;

/// <summary>Made-up contents of disks.</summary>
internal static class DiskContent
{
    /// <summary>
    /// A boot record, then stretches of random bytes, text, zeros and single blocks, of lengths that cross
    /// every border.
    /// </summary>
    public static byte[] Make(int length, int seed)
    {
        var random = new Random(seed);
        var disk = new byte[length];
        for (var at = 0; at < length;)
        {
            var part = disk.AsSpan(at, Math.Min(length - at, random.Next(512, 400_000)));
            switch (random.Next(4))
            {
                case 0:
                    random.NextBytes(part);
                    break;
                case 1:
                    part.Fill((byte)random.Next(256));
                    break;
                case 2:
                    random.NextBytes(part[..Math.Min(part.Length, 5000)]);
                    break;
                default:
                    break;
            }

            at += part.Length;
        }

        if (length >= 512)
        {
            (disk[510], disk[511]) = (0x55, 0xaa);
        }

        return disk;
    }

    /// <summary>Reads the disk by its ranges and in random pieces and expects the content.</summary>
    public static void AssertSame(byte[] content, BackupCopy.Images.VirtualDisk disk)
    {
        Assert.Equal(content.Length, disk.SizeBytes);
        var read = new byte[content.Length];
        long at = 0;
        while (disk.TryNextData(at, out var start, out var end))
        {
            Assert.True(start >= at && end > start && end <= disk.SizeBytes, $"{at}: {start} to {end}");
            const int most = 1 << 20;
            for (at = start; at < end; at += most)
            {
                disk.Read(at, read.AsSpan((int)at, (int)Math.Min(most, end - at)));
            }

            at = end;
        }

        var same = read.AsSpan().CommonPrefixLength(content);
        Assert.True(same == content.Length, $"The disks differ at {same}.");
        var random = new Random(1);
        for (var i = 0; i < 100; i++)
        {
            var start = random.Next(content.Length);
            var piece = new byte[Math.Min(content.Length - start, random.Next(1, 300_000))];
            disk.Read(start, piece);
            Assert.True(piece.AsSpan().SequenceEqual(content.AsSpan(start, piece.Length)), $"At {start}.");
        }
    }
}
