using BackupCopy.Images;

namespace BackupCopy.Tests.Images.Vhdx;

/// <summary>An image that is open with all it needs.</summary>
internal sealed class TestDisk(ImageSession session, VirtualDisk disk) : IDisposable
{
    public VirtualDisk Disk => disk;

    public static TestDisk Open(string path)
    {
        var session = new ImageSession(new FolderNeighbours(Path.GetDirectoryName(path)!));
        return Open(session, () => DiskFile.Open(path));
    }

    public static TestDisk Open(MemoryImage image, params MemoryImage[] others) =>
        Open(new ImageSession(new MemoryNeighbours([image, .. others])), () => image);

    /// <summary>Random data, zeros, patterns and holes, at places that no block size divides.</summary>
    public static string MakeRaw(string path, long sizeBytes)
    {
        using var file = File.Create(path);
        file.SetLength(sizeBytes);
        var random = new Random((int)sizeBytes);
        for (long at = 0; at < sizeBytes; at += random.Next(1, 3 << 20))
        {
            var bytes = new byte[(int)Math.Min(sizeBytes - at, random.Next(1, 700_000))];
            if (random.Next(4) > 0)
            {
                random.NextBytes(bytes);
            }

            file.Position = at;
            file.Write(bytes);
            at += bytes.Length;
        }

        return path;
    }

    /// <summary>All of the disk's bytes, by its ranges.</summary>
    public byte[] ReadAll()
    {
        var bytes = new byte[disk.SizeBytes];
        for (long at = 0; disk.TryNextData(at, out var start, out var end); at = end)
        {
            disk.Read(start, bytes.AsSpan((int)start, (int)(end - start)));
        }

        return bytes;
    }

    public void Dispose()
    {
        disk.Dispose();
        session.Dispose();
    }

    private static TestDisk Open(ImageSession session, Func<ImageFile> file)
    {
        try
        {
            var open = ImageFormats.Open(session.Own(file()), session, isRaw: false);
            return new TestDisk(session, Assert.Single(open.Disks).Disk);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }
}
