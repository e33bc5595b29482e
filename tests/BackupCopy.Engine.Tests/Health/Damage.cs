using BackupCopy.Format;
using BackupCopy.Storage;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Health;

/// <summary>One random damage to the files of a repository, told by its seed.</summary>
internal sealed class Damage
{
    private const int Sector = 4096;

    private readonly Random _random;
    private readonly DamageWorld _world;
    private readonly SimulatedDisk _disk;

    private Damage(int seed, DamageWorld world, SimulatedDisk disk)
    {
        _random = new Random(seed);
        _world = world;
        _disk = disk;
    }

    /// <summary>Does it, and says what was done.</summary>
    public static string Do(int seed, DamageWorld world, SimulatedDisk disk) =>
        new Damage(seed, world, disk).Do();

    private string Do()
    {
        var path = Choose();
        return _random.Next(10) switch
        {
            < 3 => Flip(path),
            3 => Zero(path),
            4 => SwapWithin(path),
            5 => SwapBetween(path, Another(path)),
            6 => Truncate(path),
            7 => Exchange(path, Another(path)),
            8 when _random.Next(2) == 0 => Extend(path),
            8 => Overwrite(path, Another(path)),
            _ => Delete(path),
        };
    }

    // Most bytes are records, most structures are not: both get their share.
    private string Choose()
    {
        var endings = _random.Next(20) switch
        {
            < 9 => Names.Blocks,
            < 12 => Names.Index,
            < 14 => Names.Point,
            < 16 => Names.Mark,
            < 18 => Names.Copy,
            18 => ".json",
            _ => "",
        };
        var files = Files().Where(f => f.EndsWith(endings, StringComparison.Ordinal)).ToList();
        return files[_random.Next(files.Count)];
    }

    private string Another(string path)
    {
        var ending = KindOf(path);
        var files = Files().Where(f => f != path && KindOf(f) == ending).ToList();
        return files.Count == 0 ? path : files[_random.Next(files.Count)];
    }

    // What an earlier damage left of them.
    private IEnumerable<string> Files() =>
        _world.Uses.Files.Where(f => _disk.FileExists(f) && Length(f) > 0);

    // There is one of each description; everything else has equals.
    private static string KindOf(string path) => path.EndsWith(".json", StringComparison.Ordinal)
        ? path
        : path.EndsWith(Names.Copy, StringComparison.Ordinal)
            ? Path.GetExtension(path[..^Names.Copy.Length]) + Names.Copy : Path.GetExtension(path);

    private string Flip(string path)
    {
        var offset = Spot(path);
        var bit = _random.Next(8);
        Change(path, file =>
        {
            var value = new byte[1];
            file.ReadAll(value, offset);
            value[0] ^= (byte)(1 << bit);
            file.WriteAll(value, offset);
        });
        return $"flip bit {bit} at {offset} of {Name(path)}";
    }

    // Half of the spots lie at the front of something, where the headers are.
    private long Spot(string path)
    {
        var uses = _world.Uses.All.Where(u => u.Path == path).ToList();
        return uses.Count > 0 && _random.Next(2) == 0
            ? uses[_random.Next(uses.Count)].Offset + _random.Next(128) is var near && near < Length(path)
                ? near : Length(path) - 1
            : _random.NextInt64(Length(path));
    }

    private string Zero(string path)
    {
        var at = SectorOf(path);
        Change(path, file => file.WriteAll(new byte[Math.Min(Sector, Length(path) - at)], at));
        return $"zero the sector at {at} of {Name(path)}";
    }

    private string SwapWithin(string path) => Swap(path, SectorOf(path), path, SectorOf(path));

    private string SwapBetween(string path, string other) =>
        Swap(path, SectorOf(path), other, SectorOf(other));

    private string Swap(string one, long oneAt, string other, long otherAt)
    {
        var length = (int)Math.Min(Sector, Math.Min(Length(one) - oneAt, Length(other) - otherAt));
        var (first, second) = (new byte[length], new byte[length]);
        Change(one, file => file.ReadAll(first, oneAt));
        Change(other, file => file.ReadAll(second, otherAt));
        Change(one, file => file.WriteAll(second, oneAt));
        Change(other, file => file.WriteAll(first, otherAt));
        return $"swap {length} bytes at {oneAt} of {Name(one)} and at {otherAt} of {Name(other)}";
    }

    private string Truncate(string path)
    {
        var length = _random.NextInt64(Length(path));
        Change(path, file => file.SetLength(length));
        return $"cut {Name(path)} to {length}";
    }

    private string Extend(string path)
    {
        var garbage = new byte[_random.Next(1, 10_000)];
        _random.NextBytes(garbage);
        var length = Length(path);
        Change(path, file => file.WriteAll(garbage, length));
        return $"append {garbage.Length} bytes to {Name(path)}";
    }

    private string Exchange(string path, string other)
    {
        if (path != other)
        {
            var (one, two) = (DamageUses.Read(_disk, path)!, DamageUses.Read(_disk, other)!);
            _disk.Replace(path, two);
            _disk.Replace(other, one);
        }

        return $"exchange {Name(path)} and {Name(other)}";
    }

    private string Overwrite(string path, string other)
    {
        if (path != other)
        {
            _disk.Replace(path, DamageUses.Read(_disk, other)!);
        }

        return $"put {Name(other)} in the place of {Name(path)}";
    }

    private string Delete(string path)
    {
        _disk.Delete(path);
        return $"delete {Name(path)}";
    }

    private long SectorOf(string path) => _random.NextInt64((Length(path) + Sector - 1) / Sector) * Sector;

    private long Length(string path) => ((IStorage)_disk).Look(path)!.Value.Length;

    private static string Name(string path) => Path.GetFileName(path);

    private void Change(string path, Action<IStorageFile> change)
    {
        using var file = _disk.Open(path, OpenFor.Changing);
        change(file);
    }
}
