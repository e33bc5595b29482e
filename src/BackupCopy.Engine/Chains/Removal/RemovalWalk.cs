using System.Runtime.CompilerServices;
using BackupCopy.Format;

namespace BackupCopy.Chains.Removal;

/// <summary>
/// Finds the records that a point alone uses (I-2): those that it names, born after the older neighbour,
/// that the newer neighbour does not name anywhere. Walks the two maps in step and skips what both share, so
/// the work is the difference, not the disk. Memory is depth × node and the bits of the records found.
/// </summary>
internal sealed class RemovalWalk
{
    // A record named by several entries is looked for in all of the newer point; so many at a time.
    private const int MostSharedAtOnce = 500_000;

    private readonly RecordStore _store;
    private readonly PointFile _newer;
    private readonly long _older;
    private readonly Dictionary<uint, bool> _staysInUse;
    private readonly RecordSet _freed;
    private readonly HashSet<RecordName> _shared = [];

    /// <param name="older">The sequence of the older neighbour; 0 without one.</param>
    private RemovalWalk(RecordStore store, PointFile point, long older, PointFile newer, RecordSet freed)
    {
        _store = store;
        _newer = newer;
        _older = older;
        _freed = freed;
        var kept = newer.BlockFiles.Select(f => f.Number).ToHashSet();
        _staysInUse = point.BlockFiles.Where(f => f.BirthSequence > older)
            .ToDictionary(f => f.Number, f => kept.Contains(f.Number));
    }

    /// <summary>
    /// Adds the records that <paramref name="point"/> alone uses. Files that the newer point does not list go
    /// as a whole and are left out.
    /// </summary>
    public static void Run(
        RecordStore store, PointFile point, long older, PointFile newer, RecordSet freed)
    {
        var walk = new RemovalWalk(store, point, older, newer, freed);
        if (!walk._staysInUse.ContainsValue(true))
        {
            return;
        }

        foreach (var disk in point.Disks)
        {
            var map = new DiskMap(store, disk, point.BlockSizeBytes);
            var same = newer.Disks.FirstOrDefault(d => d.Id == disk.Id);
            var other = same is null || newer.BlockSizeBytes != point.BlockSizeBytes
                ? null : new DiskMap(store, same, newer.BlockSizeBytes);
            walk.Visit(map, other, map.RootLevel, 0);
        }

        walk.ResolveShared();
    }

    private void Visit(DiskMap map, DiskMap? newer, int level, long index)
    {
        var node = map.Reference(level, index);
        var other = newer?.Reference(level, index) ?? default;
        if (node.IsEmpty || IsSame(node, other) || !IsOwn(node.Name, out var inUse))
        {
            return;
        }

        if (inUse)
        {
            _freed.Add(node.Name);
        }

        var entries = map.Node(level, index)!;
        if (level == 0)
        {
            VisitLeaf(entries, newer?.Node(0, index));
            return;
        }

        for (var slot = 0; slot < FormatLimits.FanOut; slot++)
        {
            Visit(map, newer, level - 1, index * FormatLimits.FanOut + slot);
        }
    }

    // Too short a loop to be replaced while it runs: without the attribute a plan walks thousands of leaves
    // before the optimised form is there. Most entries are the same, so that is asked first.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void VisitLeaf(MapEntry[] entries, MapEntry[]? newer)
    {
        for (var slot = 0; slot < entries.Length; slot++)
        {
            ref readonly var entry = ref entries[slot];
            if (entry.IsEmpty || (newer is not null && IsSame(entry, newer[slot]))
                || !IsOwn(entry.Name, out var inUse) || !inUse)
            {
                continue;
            }

            if (!entry.Flags.HasFlag(MapEntryFlags.Shared))
            {
                _freed.Add(entry.Name);
            }
            else if (_shared.Add(entry.Name) && _shared.Count >= MostSharedAtOnce)
            {
                ResolveShared();
            }
        }
    }

    // Born after the older neighbour: only then can nobody older use it. A node is never older than what it
    // names, so everything below an older node is older too.
    private bool IsOwn(RecordName name, out bool inUse) => _staysInUse.TryGetValue(name.File, out inUse);

    private static bool IsSame(in MapEntry entry, in MapEntry other) =>
        !other.IsEmpty && other.Name.Number == entry.Name.Number && other.Name.File == entry.Name.File;

    private void ResolveShared()
    {
        if (_shared.Count > 0)
        {
            var used = UsedRecords.Of(_store, _newer, _older);
            foreach (var name in _shared.Where(name => !used.Contains(name)))
            {
                _freed.Add(name);
            }

            _shared.Clear();
        }
    }
}
