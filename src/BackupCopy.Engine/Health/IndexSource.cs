using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Health;

/// <summary>A record that was found without an index.</summary>
internal readonly record struct ScannedRecord(
    RecordPlace Place, Guid OriginFileId, uint OriginOrdinal, Digest Digest);

/// <summary>
/// Where the records of one number may lie: in the file of that name, in one with its id under another name,
/// and in files of moved records.
/// </summary>
internal sealed class IndexSource
{
    private readonly RepairWork _work;
    private readonly BlockFileReference _file;
    private readonly RecordStore _store;

    public IndexSource(RepairWork work, BlockFileReference file, RecordStore store)
    {
        _work = work;
        _file = file;
        _store = store;
        Alignment = HeaderOf(file.Number) is { } header && header.FileId == file.FileId
            ? header.Alignment : DefaultAlignment(work, file.Kind);
        Length = FormatLimits.AlignUp(
            Math.Max(LengthOf(file.Number), BlockFileHeader.Size), Alignment);
    }

    public int Alignment { get; }

    /// <summary>The file's length, up to where its last record may end.</summary>
    public long Length { get; }

    public static int DefaultAlignment(RepairWork work, BlockFileKind kind) =>
        kind == BlockFileKind.Map ? FormatLimits.SmallAlignment : work.Chain.Repository.File.AlignmentBytes;

    public IEnumerable<ScannedRecord> Records()
    {
        foreach (var (number, alignment) in Candidates())
        {
            foreach (var found in RecordScan.Of(
                _work.Chain, number, _file.Kind, alignment, _store, _work.Cancellation))
            {
                yield return new ScannedRecord(
                    found.Place, found.Header.OriginFileId, found.Header.OriginOrdinal, found.Header.Digest);
            }
        }
    }

    /// <summary>The stored bytes of a place that was found.</summary>
    public byte[] ReadStored(RecordPlace place)
    {
        var slot = new byte[place.SlotLength];
        _store.ReadRange(place.File, place.Offset, slot);
        _store.VerifyStored(
            slot, place, _file.Kind == BlockFileKind.Data ? RecordKind.Block : RecordKind.MapNode);
        return slot;
    }

    /// <summary>The file that has this id in its front, wherever it lies; null when none has.</summary>
    public static uint? NumberOfId(RepairWork work, Guid fileId)
    {
        foreach (var entry in work.Chain.Repository.Storage.List(work.Chain.Path))
        {
            if (Names.TryNumber(entry.Name, Names.Blocks, out var number)
                && TryHeader(work, number)?.FileId == fileId)
            {
                return number;
            }
        }

        return null;
    }

    /// <summary>
    /// The file in which a number's own records lie; null where another file is in its place and none has
    /// them. A front that does not verify may be the file's own; one that does and is another's is not.
    /// </summary>
    public static uint? NumberWithRecordsOf(RepairWork work, BlockFileReference file) =>
        TryHeader(work, file.Number) is { } front && front.FileId != file.FileId
            ? NumberOfId(work, file.FileId) : file.Number;

    /// <summary>The front of a block file, whichever it is; null when it is missing or damaged.</summary>
    public static BlockFileHeader? TryHeader(RepairWork work, uint number)
    {
        try
        {
            return BlockFileWalk.ReadHeader(
                work.Chain.Repository.Storage, work.PathOf(Names.BlockFile(number)));
        }
        catch (BackupCopyException error) when (work.IsDamage(error))
        {
            return null;
        }
    }

    private IEnumerable<(uint Number, int Alignment)> Candidates()
    {
        if (NumberWithRecordsOf(_work, _file) is { } own)
        {
            yield return (own, own == _file.Number ? Alignment : HeaderOf(own)!.Alignment);
        }

        foreach (var number in OfMovedRecords().Order())
        {
            yield return (number, HeaderOf(number)?.Alignment ?? DefaultAlignment(_work, _file.Kind));
        }
    }

    private IEnumerable<uint> OfMovedRecords()
    {
        var owner = _work.Chain.Unfinished()?.Sequence ?? 0;
        foreach (var entry in _work.Chain.Repository.Storage.List(_work.Chain.Path))
        {
            if (Names.TryNumber(entry.Name, Names.Blocks, out var number)
                && !_work.Listed.ContainsKey(number))
            {
                var isOwned = owner > 0 && HeaderOf(number)?.BirthSequence == owner;
                if (!isOwned && (HeaderOf(number)?.Kind == _file.Kind
                    || BlockFiles.TryReadIndex(_work.Chain, number) is { Count: 0 }))
                {
                    yield return number;
                }
            }
        }
    }

    private BlockFileHeader? HeaderOf(uint number) => TryHeader(_work, number);

    private long LengthOf(uint number)
    {
        using var file = _work.Chain.Repository.Storage.OpenIfThere(
            _work.PathOf(Names.BlockFile(number)));
        return file?.Length ?? 0;
    }
}
