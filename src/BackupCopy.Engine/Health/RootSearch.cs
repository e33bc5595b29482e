using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Format;

namespace BackupCopy.Health;

/// <summary>
/// The roots of a point whose file is lost, by their content: those that its neighbours have, and the map
/// records that were born for it.
/// </summary>
internal sealed class RootSearch
{
    private readonly RepairWork _work;
    private readonly RecordStore _store;
    private readonly long _sequence;
    private readonly Dictionary<uint, BlockFileReference> _files = [];
    private readonly List<(RecordName Name, int Level, Digest Content)> _born = [];

    private RootSearch(RepairWork work, RecordStore store, long sequence)
    {
        _work = work;
        _store = store;
        _sequence = sequence;
    }

    public static RootSearch In(RepairWork work, RecordStore store, long sequence)
    {
        var search = new RootSearch(work, store, sequence);
        search.FindFiles();
        search.FindBorn();
        return search;
    }

    /// <summary>A block file as a point lists it, also one that no other point lists.</summary>
    public BlockFileReference? ReferenceOf(uint number) =>
        _files.TryGetValue(number, out var file) ? file : null;

    /// <summary>
    /// The disks of another chain's point with this chain's roots; null when one is missing.
    /// </summary>
    public List<DiskEntry>? TryFind(PointFile source)
    {
        var taken = new HashSet<RecordName>();
        var disks = new List<DiskEntry>();
        foreach (var disk in source.Disks)
        {
            if (disk.Root.IsEmpty)
            {
                disks.Add(disk);
            }
            else if (TryRoot(source, disk, taken) is { } name)
            {
                taken.Add(name);
                disks.Add(disk with { Root = new MapEntry(disk.Root.Digest, name) });
            }
            else
            {
                return null;
            }
        }

        return disks;
    }

    private RecordName? TryRoot(PointFile source, DiskEntry disk, HashSet<RecordName> taken)
    {
        var newer = RootOf(_work.Files.FirstOrDefault(f => f.Sequence > _sequence), source, disk);
        if (newer is { } root && (ReferenceOf(root.File)?.BirthSequence ?? long.MaxValue) <= _sequence)
        {
            return root;
        }

        var level = MapNode.RootLevelFor(BlockSize.CountFor(disk.SizeBytes, source.BlockSizeBytes));
        foreach (var born in _born.Where(
            b => b.Level == level && b.Content == disk.Root.Digest && !taken.Contains(b.Name)))
        {
            return born.Name;
        }

        return RootOf(_work.Files.LastOrDefault(f => f.Sequence < _sequence), source, disk);
    }

    private static RecordName? RootOf(PointFile? point, PointFile source, DiskEntry disk) =>
        point?.BlockSizeBytes == source.BlockSizeBytes
            && point.Disks.FirstOrDefault(d => d.Id == disk.Id) is { } same
            && same.Root.Digest == disk.Root.Digest && same.SizeBytes == disk.SizeBytes
            ? same.Root.Name : null;

    private void FindFiles()
    {
        foreach (var file in _work.Listed.Values)
        {
            _files.Add(file.Number, file);
        }

        foreach (var entry in _work.Chain.Repository.Storage.List(_work.Chain.Path))
        {
            if (Names.TryNumber(entry.Name, Names.Blocks, out var number) && !_files.ContainsKey(number)
                && IndexSource.TryHeader(_work, number) is { } header && header.Number == number)
            {
                _files.Add(number, new BlockFileReference(
                    number, header.Kind, header.FileId, header.BirthSequence, 0));
            }
        }
    }

    private void FindBorn()
    {
        var older = _work.Points.LastOrDefault(p => p.Sequence < _sequence)?.Sequence ?? 0;
        foreach (var file in _files.Values.Where(f => f.Kind == BlockFileKind.Map
            && f.BirthSequence > older && f.BirthSequence <= _sequence).OrderBy(f => f.Number))
        {
            if (BlockFiles.TryReadIndex(_work.Chain, file) is { } index)
            {
                for (uint record = 0; record < index.Count; record++)
                {
                    if (!index[record].IsReleased)
                    {
                        AddRoot(new RecordName(file.Number, record), index[record]);
                    }
                }
            }
        }
    }

    private void AddRoot(RecordName name, RecordPlace place)
    {
        _work.Cancellation.ThrowIfCancellationRequested();
        try
        {
            var slot = new byte[place.SlotLength];
            _store.ReadRange(place.File, place.Offset, slot);
            var header = _store.Verify(slot, place, RecordKind.MapNode);
            var plain = slot.AsSpan(RecordHeader.Layout.Size, header.StoredLength);
            var (level, index) = MapNode.PlaceOf(plain, _store.PathOf(place.File));
            if (index == 0)
            {
                var entries = new MapEntry[FormatLimits.FanOut];
                MapNode.Read(plain, level, 0, entries, _store.PathOf(place.File));
                _born.Add((name, level, MapNode.ContentDigest(level, entries)));
            }
        }
        catch (BackupCopyException error) when (_work.IsDamage(error))
        {
            // Another record may be the root.
        }
    }
}
