using BackupCopy.Images;

namespace BackupCopy.Tests.Images;

/// <summary>Reads images in memory, the first of several that may name each other.</summary>
internal static class MemoryDisk
{
    /// <summary>All bytes; what no range covers has to read as zeros.</summary>
    public static byte[] Read(params MemoryImage[] images)
    {
        using var session = new ImageSession(new MemoryNeighbours(images));
        var open = ImageFormats.Open(session.Own(images[0]), session, isRaw: false);
        using var disk = Assert.Single(open.Disks).Disk;
        var bytes = new byte[disk.SizeBytes];
        disk.Read(0, bytes);
        var ranged = new byte[disk.SizeBytes];
        for (long at = 0; disk.TryNextData(at, out var start, out var end); at = end)
        {
            Assert.True(start >= at && end > start && end <= disk.SizeBytes, $"{at}: {start} to {end}");
            disk.Read(start, ranged.AsSpan((int)start, (int)(end - start)));
        }

        Assert.Equal(bytes, ranged);
        return bytes;
    }

    /// <summary>The error that opening, walking or reading ends with.</summary>
    public static BackupCopyException Refuse(params MemoryImage[] images)
    {
        using var session = new ImageSession(new MemoryNeighbours(images));
        return Assert.Throws<BackupCopyException>(() =>
        {
            var disk = ImageFormats.Open(session.Own(images[0]), session, isRaw: false).Disks[0].Disk;
            var piece = new byte[1 << 16];
            for (long at = 0; disk.TryNextData(at, out var start, out var end); at = end)
            {
                for (; start < end; start += piece.Length)
                {
                    disk.Read(start, piece.AsSpan(0, (int)Math.Min(piece.Length, end - start)));
                }
            }
        });
    }
}
