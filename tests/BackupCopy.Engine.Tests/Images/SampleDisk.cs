namespace BackupCopy.Tests.Images;

/// <summary>What disks hold: random data, written zeros, holes, and odd places across borders.</summary>
internal static class SampleDisk
{
    /// <summary>Writes it as a sparse raw file.</summary>
    public static string WriteRaw(string path, long sizeBytes, int seed = 1)
    {
        using var file = File.Create(path);
        file.SetLength(sizeBytes);
        var random = new Random(seed);
        Write(file, 0, Bytes(random, 70_000));
        for (var i = 0; i < 12; i++)
        {
            var at = random.NextInt64(sizeBytes / 512) * 512 + random.Next(2) * 100;
            Write(file, at, i % 3 == 2 ? new byte[random.Next(1, 300_000)]
                : i % 3 == 1 ? Text(random.Next(1, 400_000)) : Bytes(random, random.Next(1, 500_000)));
        }

        // The borders of blocks and grains, and the disk's end.
        foreach (var border in (long[])[1 << 16, 1 << 21, 3 << 21, sizeBytes - 300])
        {
            Write(file, border - 700, Bytes(random, 1400));
        }

        return path;
    }

    /// <summary>Commands for qemu-io that write patterns and zeros anywhere.</summary>
    public static string[] RandomWrites(Random random, long sizeBytes, int count) =>
    [
        .. Enumerable.Range(0, count).Select(_ =>
        {
            var step = random.Next(2) == 0 ? 1 : 4096;
            var at = random.NextInt64(sizeBytes) / step * step;
            var length = Math.Min(sizeBytes - at, random.Next(1, random.Next(2) == 0 ? 2000 : 400_000));
            return random.Next(4) == 0
                ? $"write -z {at} {length}" : $"write -P {random.Next(1, 256)} {at} {length}";
        }),
    ];

    public static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    // Content that compresses.
    private static byte[] Text(int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
        {
            bytes[i] = (byte)('a' + i / 7 % 26);
        }

        return bytes;
    }

    private static void Write(FileStream file, long at, byte[] bytes)
    {
        if (at >= 0 && at < file.Length)
        {
            file.Position = at;
            file.Write(bytes.AsSpan(0, (int)Math.Min(bytes.Length, file.Length - at)));
        }
    }
}
