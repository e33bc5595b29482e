using BackupCopy.Chains.Removal;
using BackupCopy.Format;

namespace BackupCopy.Chains.Compacting;

/// <summary>
/// How a chain lies, and what compacting it would write: walks the maps of the newest point and reads the
/// indexes, and of blocks only the fronts of some where another compression is asked for.
/// </summary>
internal sealed class CompactSurvey
{
    // Room for the file system's own needs.
    private const long SpareBytes = 8 << 20;

    private readonly Chain _chain;
    private readonly CompactRequest _request;

    private CompactSurvey(Chain chain, IReadOnlyList<ChainPoint> points, CompactRequest request)
    {
        _chain = chain;
        _request = request;
        Newest = points.Last(p => p.IsUsable).File!;
        Listed = points.SelectMany(p => p.File!.BlockFiles).DistinctBy(f => f.Number)
            .ToDictionary(f => f.Number);
    }

    public PointFile Newest { get; }

    /// <summary>The block files of all points.</summary>
    public Dictionary<uint, BlockFileReference> Listed { get; }

    public Fragmentation Found { get; private set; } = new(0, 0, 0);

    /// <summary>At most what is to be written.</summary>
    public long MovedBytes { get; private set; }

    public long NeededBytes { get; private set; }

    /// <param name="points">All points of the chain, each verified, one of them usable.</param>
    public static CompactSurvey Of(
        Chain chain, IReadOnlyList<ChainPoint> points, CompactRequest request,
        CancellationToken cancellation)
    {
        var survey = new CompactSurvey(chain, points, request);
        try
        {
            survey.Walk(cancellation);
            return survey;
        }
        catch (BackupCopyException error) when (StoredDamage.IsDamage(error.Code))
        {
            throw CompactError.Damaged(chain, error.Message, error);
        }
    }

    public IEnumerable<Segment> Segments(RecordStore store)
    {
        var repository = _chain.Repository.File;
        return new NewestState(
            Newest, store, repository.AlignmentBytes, repository.BlockFileBytes).Segments();
    }

    public bool IsWorthMoving(Segment segment, RecordStore store) =>
        !segment.IsInOrder || Recompression.Concerns(segment, _request.Compression, store);

    /// <summary>At most what moving a segment takes, files of their own included.</summary>
    public long RoomFor(Segment segment) =>
        Recompression.MostBytes(segment, _request.Compression) + 3 * FormatLimits.PageAlignment;

    /// <summary>
    /// What has to be free beside the bytes that are written: an index beside its successor.
    /// </summary>
    public long SpareRoom { get; private set; }

    private void Walk(CancellationToken cancellation)
    {
        long live = 0, extents = 0;
        RecordPlace? last = null;
        using var store = _chain.OpenStore(Newest.MachineId);
        foreach (var segment in Segments(store))
        {
            cancellation.ThrowIfCancellationRequested();
            live += segment.StoredBytes;
            extents += segment.Extents;
            extents -= last is { } before && before.IsFollowedBy(segment.Records[0].Place) ? 1 : 0;
            last = segment.Records[^1].Place;
            EnsureListed(segment);
            MovedBytes += IsWorthMoving(segment, store) ? RoomFor(segment) : 0;
        }

        var largestIndex = 0;
        var held = HeldRecords.Count(Listed.Values.Select(file =>
        {
            var index = BlockFiles.ReadIndex(_chain, file);
            largestIndex = Math.Max(largestIndex, index.SizeBytes);
            return index;
        }));
        SpareRoom = largestIndex + SpareBytes;
        NeededBytes = MovedBytes == 0 ? 0 : MovedBytes + SpareRoom;
        Found = new Fragmentation(live, extents, DeadBytes(held));
    }

    private void EnsureListed(Segment segment)
    {
        foreach (var record in segment.Records.Where(r => !Listed.ContainsKey(r.Name.File)))
        {
            throw CompactError.Damaged(
                _chain, $"restore point {Newest.Sequence} names {record.Name} and does not list the file.");
        }
    }

    // A page that holds a live byte is not dead; neither is the front of a file that holds any.
    private long DeadBytes(Dictionary<uint, (int Count, long Bytes)> held)
    {
        var dead = 0L;
        var storage = _chain.Repository.Storage;
        var unfinished = _chain.Unfinished()?.Sequence;
        foreach (var entry in storage.List(_chain.Path))
        {
            if (!Names.TryNumber(entry.Name, Names.Blocks, out var number))
            {
                continue;
            }

            var path = Path.Combine(_chain.Path, entry.Name);
            var header = BlockFileWalk.ReadHeader(storage, path);
            if (Listed.ContainsKey(number) || unfinished is null || header?.BirthSequence != unfinished)
            {
                var front = FormatLimits.AlignUp(
                    BlockFileHeader.Size, header?.Alignment ?? FormatLimits.PageAlignment);
                var used = held.TryGetValue(number, out var there) ? front + there.Bytes : 0;
                dead += Math.Max(
                    0, storage.AllocatedBytes(path) - FormatLimits.AlignUp(used, FormatLimits.PageAlignment));
            }
        }

        return dead;
    }
}
