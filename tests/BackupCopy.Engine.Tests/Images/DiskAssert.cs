using BackupCopy.Images;

namespace BackupCopy.Tests.Images;

/// <summary>Compares what is read of a disk with what it has to hold.</summary>
internal static class DiskAssert
{
    /// <summary>Opens an image by its content, with what it names in its folder.</summary>
    public static void SameAsRaw(string image, string raw)
    {
        using var session = new ImageSession(new FolderNeighbours(Path.GetDirectoryName(image)!));
        var open = ImageFormats.Open(session.Own(DiskFile.Open(image)), session, isRaw: false);
        using var disk = Assert.Single(open.Disks).Disk;
        Same(disk, raw);
    }

    /// <summary>
    /// Reads the disk by its ranges, then in random pieces across them, and expects the bytes of the raw
    /// file; what no range covers has to be zeros there.
    /// </summary>
    public static void Same(VirtualDisk disk, string raw)
    {
        using var expected = DiskFile.Open(raw);
        Assert.Equal(expected.LengthBytes, disk.SizeBytes);
        long at = 0;
        while (disk.TryNextData(at, out var start, out var end))
        {
            Assert.True(start >= at && end > start && end <= disk.SizeBytes, $"{at}: {start} to {end}");
            IsZero(expected, at, start);
            IsSame(disk, expected, start, end);
            at = end;
        }

        IsZero(expected, at, disk.SizeBytes);
        var random = new Random(1);
        for (var i = 0; i < 200 && disk.SizeBytes > 0; i++)
        {
            var start = random.NextInt64(disk.SizeBytes);
            IsSame(disk, expected, start, Math.Min(disk.SizeBytes, start + random.Next(1, 300_000)));
        }
    }

    private static void IsSame(VirtualDisk disk, ImageFile expected, long start, long end)
    {
        const int most = 1 << 20;
        var (one, other) = (new byte[most], new byte[most]);
        for (var at = start; at < end; at += most)
        {
            var length = (int)Math.Min(most, end - at);
            disk.Read(at, one.AsSpan(0, length));
            expected.Read(at, other.AsSpan(0, length));
            var differs = one.AsSpan(0, length).CommonPrefixLength(other.AsSpan(0, length));
            Assert.True(differs == length, $"The disks differ at {at + differs}.");
        }
    }

    private static void IsZero(ImageFile file, long start, long end)
    {
        var bytes = new byte[1 << 20];
        while (start < end && file.TryNextData(start, out var data, out var dataEnd) && data < end)
        {
            dataEnd = Math.Min(dataEnd, end);
            for (start = data; start < dataEnd; start += bytes.Length)
            {
                var part = bytes.AsSpan(0, (int)Math.Min(bytes.Length, dataEnd - start));
                file.Read(start, part);
                var found = part.IndexOfAnyExcept((byte)0);
                Assert.True(found < 0, $"No range covers the data at {start + found}.");
            }
        }
    }
}
