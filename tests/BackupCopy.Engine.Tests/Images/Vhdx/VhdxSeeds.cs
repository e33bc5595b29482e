namespace BackupCopy.Tests.Images.Vhdx;

/// <summary>Small disks with a bit of everything, and what they have to read as.</summary>
internal static class VhdxSeeds
{
    private static readonly int[] s_filled = [4, 0, 1, 2, 9];

    /// <summary>Blocks in another order than the disk's, of every state, the last one cut.</summary>
    public static VhdxBuilder Dynamic()
    {
        var disk = new VhdxBuilder((9 << 20) + 512 * 5);
        var random = new Random(1);
        foreach (var block in s_filled)
        {
            Fill(disk, disk.AddBlock(block), random);
        }

        disk.Put(disk.EntryOffset(3), 1UL);
        disk.Put(disk.EntryOffset(5), 2UL);
        disk.Put(disk.EntryOffset(6), 3UL);
        disk.Put(disk.EntryOffset(7), 5UL);
        return disk;
    }

    /// <summary>The same with its table, some payload and an older change in the log.</summary>
    public static VhdxBuilder Dirty()
    {
        var disk = new VhdxBuilder((9 << 20) + 512 * 5, hasLog: true);
        var random = new Random(1);
        var blocks = s_filled.Select(b => disk.AddBlock(b)).ToArray();
        Array.ForEach(blocks, b => Fill(disk, b, random));
        var old = new byte[VhdxBuilder.PageBytes];
        var table = disk.Take(VhdxBuilder.BatOffset, VhdxBuilder.PageBytes);
        var payload = disk.Take(blocks[1], VhdxBuilder.PageBytes);
        Array.Fill(old, (byte)7);
        disk.Put(blocks[2] + VhdxBuilder.PageBytes, old);
        var next = disk.AddLog(0, 0, (blocks[1], 0, old), (VhdxBuilder.BatOffset, 0, old));
        disk.AddLog(
            next, 0, (VhdxBuilder.BatOffset, 0, table), (blocks[1], 0, payload),
            (blocks[2] + VhdxBuilder.PageBytes, 2 * VhdxBuilder.PageBytes, null));
        return disk;
    }

    /// <summary>A child with own, zeroed, mixed and absent blocks over such a parent.</summary>
    public static VhdxBuilder Child(VhdxBuilder parent, string parentName)
    {
        var disk = new VhdxBuilder(parent.DiskBytes, hasParent: true);
        var random = new Random(2);
        disk.AddParent(parent, parentName);
        Fill(disk, disk.AddBlock(3), random);
        Fill(disk, disk.AddBlock(4, 7), random);
        Fill(disk, disk.AddBlock(9, 7), random);
        disk.Put(disk.EntryOffset(1), 2UL);
        var bits = new byte[256];
        random.NextBytes(bits);
        var bitmap = disk.AddBitmap(0);
        disk.Put(bitmap + 4 * 256, bits);
        disk.Put(bitmap + 9 * 256, bits);
        return disk;
    }

    private static void Fill(VhdxBuilder disk, long offset, Random random)
    {
        var bytes = new byte[VhdxBuilder.PageBytes / 2];
        random.NextBytes(bytes);
        disk.Put(offset, bytes);
    }
}
