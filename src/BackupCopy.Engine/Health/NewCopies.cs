using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Health;

/// <summary>
/// Collects new copies of records of one kind in a file of moved records, and lets their names lead there
/// once it is durable. A crash before leaves garbage, one between two indexes leaves some names where they
/// were. When the file is full the copies so far come into use and another one begins.
/// </summary>
internal sealed class NewCopies(RepairWork work, BlockFileKind kind) : IDisposable
{
    private const long MostBytes = 1L << 30;

    private readonly Dictionary<RecordName, RecordPlace> _places = [];
    private MovedRecords? _to;
    private uint? _unnamed;
    private uint _ordinal;
    private byte[] _slot = [];

    /// <summary>Told of the names that lead to their new copies now.</summary>
    public Action<IReadOnlyCollection<RecordName>>? InUse { get; init; }

    /// <summary>Takes a verified record as it is.</summary>
    /// <param name="record">Header and payload; what lies behind is left out.</param>
    public void Add(RecordName name, ReadOnlySpan<byte> record)
    {
        var header = RecordHeader.Read(record, "", 0);
        var to = FileFor(name, header.StoredLength);
        var slot = Room(header, to.Alignment);
        record[..header.RecordLength].CopyTo(slot);
        slot[header.RecordLength..].Clear();
        Put(name, to, slot);
    }

    /// <summary>Takes a block that is made to a record anew.</summary>
    public void AddBlock(RecordName name, Digest digest, ReadOnlySpan<byte> plain, BlockCodec codec)
    {
        var to = FileFor(name, plain.Length);
        EnsureRoom(RecordHeader.SlotLength(plain.Length, to.Alignment));
        var header = RecordForm.Encode(
            codec, work.Chain.Repository.File.Compression, digest, plain, _slot);
        Finish(name, to, header with { OriginFileId = to.FileId, OriginOrdinal = _ordinal++ });
    }

    /// <summary>
    /// Takes a map node. It keeps the origin of its name, by which a lost index is made anew; a sealed one
    /// takes a new one, since a key and an ordinal never seal two things.
    /// </summary>
    public void AddNode(RecordName name, int level, long index, MapEntry[] entries)
    {
        var to = FileFor(name, MapNode.LargestBytes);
        EnsureRoom(RecordHeader.SlotLength(MapNode.LargestBytes, to.Alignment));
        var length = MapNode.Write(_slot.AsSpan(RecordHeader.Layout.Size), level, index, entries);
        var isSealed = !work.Chain.Repository.Key.IsEmpty;
        Finish(name, to, new RecordHeader
        {
            Kind = RecordKind.MapNode,
            Codec = Codec.None,
            Flags = RecordFlags.Incompressible,
            StoredLength = length,
            PlainLength = length,
            OriginFileId = isSealed ? to.FileId : work.Listed[name.File].FileId,
            OriginOrdinal = isSealed ? _ordinal++ : name.Number,
            Digest = Digest.Of(_slot.AsSpan(RecordHeader.Layout.Size, length)),
        });
    }

    /// <summary>Lets the names lead to the copies so far.</summary>
    public void Commit()
    {
        foreach (var (number, places) in SealPlaces())
        {
            if (BlockFiles.TryReadIndex(work.Chain, work.Listed[number]) is { } index)
            {
                Switch(index, places);
                InUse?.Invoke([.. places.Keys.Select(record => new RecordName(number, record))]);
            }
        }

        ForgetNew();
    }

    /// <summary>
    /// Makes the copies durable and leaves it to the caller to name them; nothing was lost until he does.
    /// </summary>
    public Dictionary<uint, Dictionary<uint, RecordPlace>> SealPlaces()
    {
        var places = _places.GroupBy(p => p.Key.File)
            .ToDictionary(g => g.Key, g => g.ToDictionary(p => p.Key.Number, p => p.Value));
        _places.Clear();
        if (_to is { } to)
        {
            using (to)
            {
                // Until a name leads there it is one more file that nobody needs.
                OldBytes.Remember_NeedsLock(work.Chain, [to.Number]);
                to.Seal();
            }

            _to = null;
            _unnamed = to.Number;
            work.WrittenBytes += to.End;
        }

        return places;
    }

    /// <summary>Every copy has a name now.</summary>
    public void ForgetNew()
    {
        if (_unnamed is { } number)
        {
            work.Chain.DeleteFile(Names.OldBytesFile(number));
            _unnamed = null;
        }
    }

    public void Dispose() => _to?.Dispose();

    private void Switch(IndexFile index, Dictionary<uint, RecordPlace> places)
    {
        OldBytes.Remember_NeedsLock(
            work.Chain,
            places.Keys.Where(r => r < index.Count && !index[r].IsReleased).Select(r => index[r].File)
                .Distinct());
        if (places.Keys.Max() < index.Count)
        {
            MovedRecords.Switch(work.Chain, index, places);
            return;
        }

        // An index that was made anew may end before records that were found nowhere.
        var all = Enumerable.Range(0, (int)places.Keys.Max() + 1)
            .Select(r => places.TryGetValue((uint)r, out var moved) ? moved
                : r < index.Count ? index[(uint)r] : default).ToList();
        work.ReplaceIndex(
            index.Number,
            IndexFile.Write(index.Number, index.Generation + 1, index.FileId, index.SealedLength, all));
    }

    private void Finish(RecordName name, MovedRecords to, RecordHeader header)
    {
        var key = work.Chain.Repository.Key;
        using var seal = key.IsEmpty ? null : new Seal(
            key.Span, header.OriginFileId,
            kind == BlockFileKind.Data ? SealKind.DataFile : SealKind.MapFile);
        var slot = Room(header, to.Alignment);
        Record.Finish(slot, header, seal, work.MachineId);
        Put(name, to, slot);
    }

    private void Put(RecordName name, MovedRecords to, ReadOnlySpan<byte> slot) =>
        _places[name] = to.Add(slot);

    private Span<byte> Room(RecordHeader header, int alignment)
    {
        var length = RecordHeader.SlotLength(header.StoredLength, alignment);
        EnsureRoom(length);
        return _slot.AsSpan(0, length);
    }

    private void EnsureRoom(int length)
    {
        if (_slot.Length < length)
        {
            _slot = new byte[length];
        }
    }

    private MovedRecords FileFor(RecordName name, int storedLength)
    {
        var limit = Math.Min(MostBytes, work.Chain.Repository.File.BlockFileBytes);
        if (_to is { } open && open.End + RecordHeader.SlotLength(storedLength, open.Alignment) > limit)
        {
            Commit();
        }

        if (_to is null)
        {
            _ordinal = 0;
            _to = MovedRecords.Begin_NeedsLock(
                work.Chain, work.NextNumber(), kind, work.Listed[name.File].BirthSequence, work.MachineId,
                work.NowUtc);
        }

        return _to;
    }
}
