using BackupCopy.Storage;

namespace BackupCopy.Tests.Storage;

/// <summary>
/// The double against the real thing, and its cuts against a plain model of what may be left.
/// </summary>
public sealed class SimulatedDiskModelTests
{
    private static readonly string[] s_names = ["a", "b", "c", "a.tmp"];

    [Fact]
    public void Programs_see_the_same_as_on_a_real_disk()
    {
        foreach (var seed in TestBudget.Seeds(40))
        {
            using var folder = new TemporaryFolder();
            var disk = new SimulatedDisk();
            if (seed % 2 == 1)
            {
                disk.UseShortTransfers(seed);
            }

            using var real = new Player(LocalStorage.Instance, folder.Path, seed);
            using var simulated = new Player(disk, SimulatedDisk.Root, seed);
            for (var step = 0; step < 120; step++)
            {
                Assert.Equal((seed, step, real.Step()), (seed, step, simulated.Step()));
            }

            Assert.Equal(real.Everything(), simulated.Everything());
        }
    }

    [Fact]
    public void A_cut_leaves_each_sector_in_a_state_that_it_had_since_its_flush()
    {
        var path = Path.Combine(SimulatedDisk.Root, "file");
        foreach (var seed in TestBudget.Seeds(60))
        {
            var random = new Random(seed);
            var disk = new SimulatedDisk();
            using var file = disk.Open(path, OpenFor.Creating);
            disk.FlushDirectory(SimulatedDisk.Root);
            var states = new List<byte[]> { Array.Empty<byte>() };
            for (var step = 0; step < 25; step++)
            {
                if (Change(file, random))
                {
                    states.Clear();
                }

                states.Add(disk.ReadSmall(path, 1 << 20));
                for (var cut = 0; cut < 4; cut++)
                {
                    var left = disk.Fork().PowerCut(random.Next()).ReadSmall(path, 1 << 20);
                    Verify(left, states, $"seed {seed}, step {step}");
                }

                Assert.Equal(states[0], disk.Fork().PowerCutLosingAll().ReadSmall(path, 1 << 20));
            }
        }
    }

    [Fact]
    public void A_replaced_file_is_old_or_new_after_a_cut_at_any_operation()
    {
        var path = Path.Combine(SimulatedDisk.Root, "file");
        var start = new SimulatedDisk();
        var old = new byte[3000];
        start.Replace(path, old);
        start.FlushDirectory(SimulatedDisk.Root);
        var next = new byte[5000];
        new Random(3).NextBytes(next);

        var isDone = false;
        for (var n = 0; !isDone; n++)
        {
            foreach (var seed in TestBudget.Seeds(40))
            {
                var disk = start.Fork();
                disk.CutAfter(n);
                try
                {
                    disk.Replace(path, next);
                    disk.FlushDirectory(SimulatedDisk.Root);
                    isDone = true;
                }
                catch (PowerLostException)
                {
                    isDone = false;
                }

                var left = disk.PowerCut(seed).ReadSmall(path, 1 << 20).AsSpan();
                Assert.True(left.SequenceEqual(next) || (!isDone && left.SequenceEqual(old)));
            }
        }
    }

    private static bool Change(IStorageFile file, Random random)
    {
        switch (random.Next(8))
        {
            case 0:
                file.Flush();
                return true;
            case 1:
                file.SetLength(random.Next(12_000));
                return false;
            case 2:
                file.TryPunch(random.Next(8000), 1 + random.Next(6000));
                return false;
            default:
                var bytes = new byte[1 + random.Next(4000)];
                random.NextBytes(bytes);
                file.WriteAll(bytes, random.Next(9000));
                return false;
        }
    }

    private static void Verify(byte[] left, List<byte[]> states, string where)
    {
        Assert.True(states.Exists(state => state.Length == left.Length), $"{where}: length {left.Length}");
        for (var at = 0; at < left.Length; at += SimulatedContent.SectorSize)
        {
            var sector = left.AsSpan(at, Math.Min(SimulatedContent.SectorSize, left.Length - at));
            var isFree = at >= states[0].Length;
            var isKnown = isFree;
            foreach (var state in states)
            {
                isKnown |= IsSector(state, at, sector);
            }

            Assert.True(isKnown, $"{where}: sector at {at}");
        }
    }

    // A sector may be cut by the length of another moment: what lies behind that is zero.
    private static bool IsSector(byte[] state, int at, ReadOnlySpan<byte> sector)
    {
        var there = state.AsSpan(Math.Min(at, state.Length));
        there = there[..Math.Min(there.Length, sector.Length)];
        return sector.StartsWith(there) && sector[there.Length..].IndexOfAnyExcept((byte)0) < 0;
    }

    /// <summary>Plays the same random steps on any storage and tells what came of each.</summary>
    private sealed class Player(IStorage storage, string root, int seed) : IDisposable
    {
        private readonly Random _random = new(seed);
        private readonly Dictionary<string, IStorageFile> _open = [];

        public string Step()
        {
            var folder = _random.Next(3) == 0 ? Path.Combine(root, "folder") : root;
            var path = Path.Combine(folder, s_names[_random.Next(s_names.Length)]);
            var other = Path.Combine(folder, s_names[_random.Next(s_names.Length)]);
            var (action, offset, length) = (_random.Next(13), _random.Next(70_000), _random.Next(1, 50_000));
            try
            {
                return Do(action, path, other, offset, length);
            }
            catch (BackupCopyException error)
            {
                return $"{action} {error.Code}";
            }
        }

        public string Everything() =>
            string.Join('\n', Everything(root).Concat(Everything(Path.Combine(root, "folder"))));

        private IEnumerable<string> Everything(string folder) => storage.List(folder)
            .OrderBy(entry => entry.Name, StringComparer.Ordinal)
            .Select(entry => entry.IsDirectory
                ? entry.Name
                : $"{entry.Name} {entry.Length} {Hash(Path.Combine(folder, entry.Name))}");

        public void Dispose()
        {
            foreach (var file in _open.Values)
            {
                file.Dispose();
            }
        }

        private string Do(int action, string path, string other, int offset, int length)
        {
            switch (action)
            {
                case 0:
                    Close(path);
                    _open[path] = storage.Open(path, OpenFor.Creating);
                    return "created";
                case 1:
                    Close(path);
                    _open[path] = storage.Open(path, OpenFor.Changing);
                    return "opened";
                case 2:
                    storage.Delete(path);
                    return $"deleted, {storage.FileExists(path)}";
                case 3:
                    storage.Rename(path, other);
                    return $"renamed, {storage.FileExists(path)}, {storage.FileExists(other)}";
                case 4:
                    storage.CreateDirectory(Path.Combine(root, "folder"));
                    return $"directory, {storage.DirectoryExists(Path.Combine(root, "folder"))}";
                case 5:
                    storage.FlushDirectory(root);
                    return Everything();
                case 12:
                    var gone = Path.Combine(root, "folder");
                    storage.DeleteDirectory(gone);
                    return $"no directory, {storage.DirectoryExists(gone)}";
                default:
                    return _open.TryGetValue(path, out var file)
                        ? Use(file, action, offset, length)
                        : "closed";
            }
        }

        private static string Use(IStorageFile file, int action, int offset, int length)
        {
            switch (action)
            {
                case 6:
                    file.SetLength(offset);
                    break;
                case 7:
                    file.TryPunch(offset, length);
                    break;
                case 8:
                    file.Flush();
                    break;
                case 9:
                    var read = new byte[length];
                    return Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(
                        read.AsSpan(0, file.ReadUpTo(read, offset))));
                default:
                    var bytes = new byte[length];
                    new Random(offset).NextBytes(bytes);
                    file.WriteAll(bytes, offset);
                    break;
            }

            return $"{file.Length}";
        }

        private void Close(string path)
        {
            if (_open.Remove(path, out var file))
            {
                file.Dispose();
            }
        }

        private string Hash(string path) => Convert.ToHexString(
            System.Security.Cryptography.SHA256.HashData(storage.ReadSmall(path, 1 << 20)));
    }
}
