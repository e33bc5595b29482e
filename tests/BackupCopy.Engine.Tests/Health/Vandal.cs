using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Storage;
using BackupCopy.Tests.Chains.Removal;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Health;

/// <summary>What storage and people do to the files of a chain; no power cut undoes it.</summary>
internal static class Vandal
{
    public static string PathOf(SimulatedDisk disk, string name) =>
        Path.Combine(RemovalLab.Open(disk).Path, name);

    public static List<string> Files(SimulatedDisk disk, string ending) =>
    [
        .. disk.List(RemovalLab.Open(disk).Path).Select(e => e.Name)
            .Where(n => n.EndsWith(ending, StringComparison.Ordinal)).Order(StringComparer.Ordinal),
    ];

    public static void Flip(SimulatedDisk disk, string name, long offset)
    {
        using var file = disk.Open(PathOf(disk, name), OpenFor.Changing);
        var value = new byte[1];
        file.ReadAll(value, offset);
        value[0] ^= 0x10;
        file.WriteAll(value, offset);
        file.Flush();
    }

    public static void Zero(SimulatedDisk disk, string name, long offset, int length)
    {
        using var file = disk.Open(PathOf(disk, name), OpenFor.Changing);
        file.WriteAll(new byte[Math.Clamp(file.Length - offset, 0, length)], offset);
        file.Flush();
    }

    public static void Cut(SimulatedDisk disk, string name, long length)
    {
        using var file = disk.Open(PathOf(disk, name), OpenFor.Changing);
        file.SetLength(length);
        file.Flush();
    }

    public static void Swap(SimulatedDisk disk, string one, string other)
    {
        var spare = PathOf(disk, "spare");
        disk.Rename(PathOf(disk, one), spare);
        disk.Rename(PathOf(disk, other), PathOf(disk, one));
        disk.Rename(spare, PathOf(disk, other));
        disk.FlushDirectory(RemovalLab.Open(disk).Path);
    }

    public static void Delete(SimulatedDisk disk, string name)
    {
        disk.Delete(PathOf(disk, name));
        disk.FlushDirectory(RemovalLab.Open(disk).Path);
    }

    /// <summary>Does one thing at random to files of this ending; says what it was.</summary>
    public static string Strike(SimulatedDisk disk, string ending, Random random)
    {
        var files = Files(disk, ending);
        var name = files[random.Next(files.Count)];
        var length = disk.List(RemovalLab.Open(disk).Path).Single(e => e.Name == name).Length;
        var offset = random.NextInt64(length);
        switch (random.Next(5))
        {
            case 0:
                Flip(disk, name, offset);
                return $"flip {name} {offset}";
            case 1:
                Zero(disk, name, offset / 4096 * 4096, 4096);
                return $"zero {name} {offset / 4096 * 4096}";
            case 2:
                Cut(disk, name, offset);
                return $"cut {name} to {offset}";
            case 3:
                Delete(disk, name);
                return $"delete {name}";
            default:
                var other = files[random.Next(files.Count)];
                if (other != name)
                {
                    Swap(disk, name, other);
                }

                return $"swap {name} {other}";
        }
    }
}
