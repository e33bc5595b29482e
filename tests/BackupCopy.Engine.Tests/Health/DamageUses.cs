using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Storage;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Health;

/// <summary>What some bytes of a file are.</summary>
internal enum UseKind
{
    Block,
    MapNode,
    BlockFileHeader,

    /// <summary>An index, a point file, a mark, a copy of one, a description.</summary>
    WholeFile,
}

/// <summary>Bytes of a file that mean something.</summary>
/// <param name="SlotEnd">Behind the padding: what a reader reads.</param>
internal sealed record Use(string Path, long Offset, long End, long SlotEnd, UseKind Kind)
{
    public Digest Digest { get; init; }

    /// <summary>The points that name the record.</summary>
    public HashSet<long> Points { get; } = [];
}

/// <summary>
/// Which bytes of an undamaged chain and its repository mean something: whole small files, the headers of
/// block files that hold something, and the records that points name. All others may change.
/// </summary>
internal sealed class DamageUses
{
    private readonly SimulatedDisk _disk;
    private readonly List<Use> _uses = [];

    public DamageUses(SimulatedDisk disk, Chain chain)
    {
        _disk = disk;
        var records = Records(chain);
        _uses.AddRange(records.Values);
        _uses.AddRange(records.Values.Select(r => r.Path).Distinct().Select(path =>
            new Use(path, 0, BlockFileHeader.Size, BlockFileHeader.Size, UseKind.BlockFileHeader)));
        var indexes = chain.Points().SelectMany(p => p.File!.BlockFiles)
            .Select(f => Names.IndexFile(f.Number))
            .Concat(records.Values.Select(
                r => Path.ChangeExtension(Path.GetFileName(r.Path), Names.Index)))
            .ToHashSet();
        Files =
        [
            .. disk.List(chain.Repository.Path).Where(e => !e.IsDirectory)
                .Select(e => Path.Combine(chain.Repository.Path, e.Name)),
            .. disk.List(Path.GetDirectoryName(chain.Path)!).Where(e => !e.IsDirectory)
                .Select(e => Path.Combine(Path.GetDirectoryName(chain.Path)!, e.Name)),
            .. disk.List(chain.Path).Where(e => !e.IsDirectory && e.Length > 0)
                .Select(e => Path.Combine(chain.Path, e.Name)),
        ];
        foreach (var path in Files.Where(f => IsWhole(f, indexes)))
        {
            var length = ((IStorage)disk).Look(path)!.Value.Length;
            _uses.Add(new Use(path, 0, length, length, UseKind.WholeFile));
        }
    }

    /// <summary>Every file that may be damaged.</summary>
    public IReadOnlyList<string> Files { get; }

    public IReadOnlyList<Use> All => _uses;

    /// <summary>The uses whose bytes are other ones on this disk, or none.</summary>
    public IReadOnlyList<Use> Changed(SimulatedDisk damaged) =>
        [.. _uses.GroupBy(u => u.Path).SelectMany(file => Changed(damaged, file.Key, [.. file]))];

    private List<Use> Changed(SimulatedDisk damaged, string path, List<Use> uses)
    {
        var now = Read(damaged, path);
        var before = Read(_disk, path)!;
        return now is null ? uses : uses.FindAll(use =>
            now.Length < use.SlotEnd
            || (use.Kind == UseKind.WholeFile && now.Length != before.Length)
            || !now.AsSpan((int)use.Offset, (int)(use.End - use.Offset)).SequenceEqual(
                before.AsSpan((int)use.Offset, (int)(use.End - use.Offset))));
    }

    public static byte[]? Read(SimulatedDisk disk, string path) =>
        disk.FileExists(path) ? disk.ReadSmall(path, 64 << 20) : null;

    private static bool IsWhole(string path, HashSet<string> indexes)
    {
        var name = Path.GetFileName(path);
        return name.EndsWith(Names.Copy, StringComparison.Ordinal)
            || name.EndsWith(Names.Point, StringComparison.Ordinal)
            || name.EndsWith(Names.Mark, StringComparison.Ordinal)
            || name is Names.RepositoryFile
            || indexes.Contains(name);
    }

    private static Dictionary<RecordName, Use> Records(Chain chain)
    {
        var records = new Dictionary<RecordName, Use>();
        foreach (var point in chain.Points())
        {
            using var reader = chain.OpenPoint(point);
            foreach (var disk in reader.Point.Disks)
            {
                var map = reader.OpenMap(disk);
                Add(records, reader, map.Reference(map.RootLevel, 0), UseKind.MapNode);
                for (var level = map.RootLevel; level >= 0; level--)
                {
                    for (var first = 0L; first < map.BlockCount;
                        first += MapNode.BlocksPerChild(level + 1))
                    {
                        foreach (var entry in map.Node(level, first >> (8 * (level + 1))) ?? [])
                        {
                            Add(records, reader, entry, level == 0 ? UseKind.Block : UseKind.MapNode);
                        }
                    }
                }
            }
        }

        return records;
    }

    private static void Add(
        Dictionary<RecordName, Use> records, PointReader reader, MapEntry entry, UseKind kind)
    {
        if (entry.IsEmpty)
        {
            return;
        }

        if (!records.TryGetValue(entry.Name, out var use))
        {
            var place = reader.Store.Locate(entry.Name);
            var head = new byte[RecordHeader.Layout.Size];
            reader.Store.ReadRange(place.File, place.Offset, head);
            var path = reader.Store.PathOf(place.File);
            var header = RecordHeader.Read(head, path, place.Offset);
            use = new Use(
                path, place.Offset, place.Offset + header.RecordLength, place.Offset + place.SlotLength, kind)
            {
                Digest = entry.Digest,
            };
            records.Add(entry.Name, use);
        }

        use.Points.Add(reader.Point.Sequence);
    }
}
