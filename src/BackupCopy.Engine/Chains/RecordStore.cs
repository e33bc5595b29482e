using System.Buffers;
using BackupCopy.Blocks;
using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains;

/// <summary>
/// Finds and reads the records of one chain by their logical names. Safe for many threads; keeps a bounded
/// number of indexes and open files. Every record it hands out has passed its checksum (I-5).
/// </summary>
internal sealed class RecordStore : IDisposable
{
    private const int MostOpenFiles = 96;
    private const long MostIndexBytes = 16L << 20;
    private const int LargestIndexBytes =
        IndexFile.HeaderBytes + FormatLimits.RecordsOfBlockFile * RecordPlace.SizeBytes;

    private readonly IStorage _storage;
    private readonly string _folder;
    private readonly Lock _gate = new();
    private readonly Dictionary<uint, OpenFile> _files = [];
    private readonly Dictionary<uint, IndexFile> _indexes = [];
    private readonly Queue<uint> _indexOrder = new();
    private readonly Dictionary<(Guid, BlockFileKind), Seal> _seals = [];
    private readonly ReadOnlyMemory<byte> _key;
    private readonly Guid _chain;
    private long _indexBytes;
    private long _clock;

    public RecordStore(IStorage storage, string folder, Guid chain, ReadOnlyMemory<byte> key)
    {
        _storage = storage;
        _folder = folder;
        _chain = chain;
        _key = key;
    }

    public RecordPlace Locate(RecordName name)
    {
        var index = Index(name.File);
        var place = name.Number < index.Count
            ? index[name.Number]
            : throw FormatError.Damaged(
                IndexPath(name.File), 0, $"record {name.Number}", $"{index.Count} records");
        return !place.IsReleased
            ? place
            : throw FormatError.Damaged(
                IndexPath(name.File), 0, $"the place of record {name.Number}", "a released one");
    }

    /// <summary>Reads raw bytes of a block file; the caller verifies what it finds there.</summary>
    public void ReadRange(uint number, long offset, Span<byte> to)
    {
        var file = Borrow(number);
        try
        {
            file.File.ReadAll(to, offset);
        }
        finally
        {
            lock (_gate)
            {
                file.Users--;
            }
        }
    }

    /// <summary>
    /// Clones raw bytes of a block file into another file; false where the storage cannot.
    /// </summary>
    public bool TryClone(uint number, long offset, IStorageFile to, long toOffset, long length)
    {
        var file = Borrow(number);
        try
        {
            return to.TryClone(file.File, offset, toOffset, length);
        }
        finally
        {
            lock (_gate)
            {
                file.Users--;
            }
        }
    }

    public string PathOf(uint number) => Path.Combine(_folder, Names.BlockFile(number));

    /// <summary>Verifies a slot that was read from a place; opens it when it is sealed.</summary>
    public RecordHeader Verify(Span<byte> slot, RecordPlace place, RecordKind kind)
    {
        var path = PathOf(place.File);
        var header = Record.Verify(slot, path, place.Offset);
        if (header.Kind != kind)
        {
            throw FormatError.Damaged(path, place.Offset, $"a record of kind {kind}", $"{header.Kind}");
        }

        if (!header.Flags.HasFlag(RecordFlags.Sealed))
        {
            return header;
        }

        var fileKind = kind == RecordKind.Block ? BlockFileKind.Data : BlockFileKind.Map;
        var seal = SealFor(header.OriginFileId, fileKind, path);
        lock (seal)
        {
            return Record.Open(slot, header, seal, _chain, path, place.Offset);
        }
    }

    /// <summary>
    /// Verifies the stored bytes of a slot without opening it: enough to move it elsewhere.
    /// </summary>
    public void VerifyStored(ReadOnlySpan<byte> slot, RecordPlace place, RecordKind kind)
    {
        var path = PathOf(place.File);
        var header = Record.Verify(slot, path, place.Offset);
        if (header.Kind != kind)
        {
            throw FormatError.Damaged(path, place.Offset, $"a record of kind {kind}", $"{header.Kind}");
        }
    }

    /// <summary>Whether a data record of this content is there, its stored bytes verified.</summary>
    public bool Holds(RecordName name, Digest digest)
    {
        byte[]? slot = null;
        try
        {
            var place = Locate(name);
            slot = ArrayPool<byte>.Shared.Rent(place.SlotLength);
            var bytes = slot.AsSpan(0, place.SlotLength);
            ReadRange(place.File, place.Offset, bytes);
            return Verify(bytes, place, RecordKind.Block).Digest == digest;
        }
        catch (BackupCopyException error) when (
            StoredDamage.IsDamage(error.Code) || StoredDamage.IsUnreadable(error.Code))
        {
            return false;
        }
        finally
        {
            if (slot is not null)
            {
                ArrayPool<byte>.Shared.Return(slot);
            }
        }
    }

    /// <summary>
    /// The plain digest of a data record: from its header, or from the opened record when it is sealed.
    /// </summary>
    public Digest DigestOf(RecordName name)
    {
        var place = Locate(name);
        var head = new byte[RecordHeader.Layout.Size];
        ReadRange(place.File, place.Offset, head);
        var header = RecordHeader.Read(head, PathOf(place.File), place.Offset);
        if (!header.Flags.HasFlag(RecordFlags.Sealed))
        {
            return header.Digest;
        }

        var slot = new byte[place.SlotLength];
        ReadRange(place.File, place.Offset, slot);
        return Verify(slot, place, RecordKind.Block).Digest;
    }

    /// <summary>Reads one map node, verified to the last byte, into 256 entries.</summary>
    public void ReadNode(MapEntry reference, int level, long index, Span<MapEntry> entries)
    {
        var place = Locate(reference.Name);
        if (place.SlotLength > RecordHeader.SlotLength(MapNode.LargestBytes, FormatLimits.PageAlignment))
        {
            throw FormatError.Damaged(
                IndexPath(reference.Name.File), 0, "the place of a map node", $"{place}");
        }

        // Walks read thousands of nodes, one after the other.
        var rented = ArrayPool<byte>.Shared.Rent(place.SlotLength);
        try
        {
            ReadNode(reference, place, level, index, rented.AsSpan(0, place.SlotLength), entries);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private void ReadNode(
        MapEntry reference, RecordPlace place, int level, long index, Span<byte> slot,
        Span<MapEntry> entries)
    {
        ReadRange(place.File, place.Offset, slot);
        var header = Verify(slot, place, RecordKind.MapNode);
        var path = PathOf(place.File);
        if (header.Codec != Codec.None || header.PlainLength > MapNode.LargestBytes)
        {
            throw FormatError.Damaged(path, place.Offset, "a map node stored as it is", $"{header.Codec}");
        }

        var plain = slot.Slice(RecordHeader.Layout.Size, header.StoredLength);
        if (Digest.Of(plain) != header.Digest)
        {
            throw FormatError.Damaged(path, place.Offset, $"digest {header.Digest}", "another");
        }

        MapNode.Read(plain, level, index, entries, path);
        if (MapNode.ContentDigest(level, entries) != reference.Digest)
        {
            throw FormatError.Damaged(path, place.Offset, $"content digest {reference.Digest}", "another");
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var file in _files.Values)
            {
                file.File.Dispose();
            }

            foreach (var seal in _seals.Values)
            {
                seal.Dispose();
            }

            _files.Clear();
            _seals.Clear();
        }
    }

    private string IndexPath(uint number) => Path.Combine(_folder, Names.IndexFile(number));

    private IndexFile Index(uint number)
    {
        lock (_gate)
        {
            if (_indexes.TryGetValue(number, out var known))
            {
                return known;
            }

            var path = IndexPath(number);
            var index = IndexFile.Read(_storage.ReadSmall(path, LargestIndexBytes), path);
            if (index.Number != number)
            {
                throw FormatError.Damaged(path, 0, $"the index of file {number}", $"that of {index.Number}");
            }

            _indexes.Add(number, index);
            _indexOrder.Enqueue(number);
            _indexBytes += index.SizeBytes;
            while (_indexBytes > MostIndexBytes && _indexOrder.Count > 1)
            {
                var oldest = _indexOrder.Dequeue();
                _indexBytes -= _indexes[oldest].SizeBytes;
                _indexes.Remove(oldest);
            }

            return index;
        }
    }

    private OpenFile Borrow(uint number)
    {
        lock (_gate)
        {
            if (!_files.TryGetValue(number, out var open))
            {
                CloseOneIfMany();
                open = new OpenFile(_storage.Open(PathOf(number), OpenFor.Reading));
                _files.Add(number, open);
            }

            open.Users++;
            open.LastUse = ++_clock;
            return open;
        }
    }

    private void CloseOneIfMany()
    {
        if (_files.Count < MostOpenFiles)
        {
            return;
        }

        var idle = _files.Where(f => f.Value.Users == 0).MinBy(f => f.Value.LastUse);
        if (idle.Value is not null)
        {
            _files.Remove(idle.Key);
            idle.Value.File.Dispose();
        }
    }

    private Seal SealFor(Guid fileId, BlockFileKind kind, string path)
    {
        if (_key.IsEmpty)
        {
            throw FormatError.NeedsKey(path);
        }

        lock (_gate)
        {
            if (!_seals.TryGetValue((fileId, kind), out var seal))
            {
                seal = new Seal(
                    _key.Span, fileId, kind == BlockFileKind.Data ? SealKind.DataFile : SealKind.MapFile);
                _seals.Add((fileId, kind), seal);
            }

            return seal;
        }
    }

    private sealed class OpenFile(IStorageFile file)
    {
        public IStorageFile File { get; } = file;

        public int Users { get; set; }

        public long LastUse { get; set; }
    }
}
