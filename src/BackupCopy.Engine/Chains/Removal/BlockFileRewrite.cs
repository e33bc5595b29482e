using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains.Removal;

/// <summary>
/// Gets space back where nothing can be punched: block files whose live share is low are written anew with
/// what is live in them, whichever numbers that belongs to, and the indexes are switched over. All points
/// switch at once and no point file changes. The old bytes go when every reader that may still know the old
/// index has left. Needs the append lock; a crash at any step leaves the old bytes or the new ones in use.
/// </summary>
internal sealed class BlockFileRewrite
{
    /// <summary>Below this share of live bytes a file is worth the writing.</summary>
    private const double LowestLiveShare = 0.5;

    // Room for indexes and the file system's own needs.
    private const long SpareBytes = 8 << 20;

    private readonly Chain _chain;
    private readonly PointFile _newest;
    private readonly Dictionary<uint, BlockFileReference> _listed;
    private readonly HighWater _given;
    private readonly byte[] _slot = new byte[RecordHeader.SlotLength(Blocks.BlockSize.Largest, 1 << 16)];

    private BlockFileRewrite(Chain chain, IReadOnlyList<ChainPoint> points)
    {
        _chain = chain;
        _newest = points[^1].File!;
        _listed = points.SelectMany(p => p.File!.BlockFiles).DistinctBy(f => f.Number)
            .ToDictionary(f => f.Number);
        _given = HighWater.Of(chain, points.Select(p => p.File));
    }

    private IStorage Storage => _chain.Repository.Storage;

    /// <summary>Rewrites what is worth it and gives back old bytes that nobody reads any more.</summary>
    /// <param name="notes">Told of what had to be left for the next time.</param>
    /// <returns>The bytes that returned, less those written.</returns>
    public static long Run_NeedsLock(Chain chain, List<string> notes, CancellationToken stop)
    {
        var points = chain.Points_NeedsLock();
        if (points.Any(p => p.File is null) || chain.Tombstones().Count > 0)
        {
            return 0;
        }

        var early = new List<string>();
        var returned = OldBytes.Release_NeedsLock(chain, early, stop);
        var written = 0L;
        if (points.Count > 0 && chain.Repository.File.EffectiveReleaseMode == ReleaseMode.Rewrite)
        {
            written = new BlockFileRewrite(chain, points).RewriteLow(notes, stop);
        }

        if (written > 0)
        {
            return returned - written + OldBytes.Release_NeedsLock(chain, notes, stop);
        }

        notes.AddRange(early);
        return returned;
    }

    /// <returns>The bytes written.</returns>
    private long RewriteLow(List<string> notes, CancellationToken stop)
    {
        foreach (var file in _listed.Values.Where(f => BlockFiles.TryReadIndex(_chain, f) is null))
        {
            notes.Add($"{Names.IndexFile(file.Number)} in {_chain.Path} is missing or does not verify.");
        }

        var held = HeldRecords.Count(Indexes());
        var low = held.Where(h => BlockFiles.Exists(_chain, h.Key)
            && h.Value.Bytes < BlockFiles.LengthOf(_chain, h.Key) * LowestLiveShare).Select(h => h.Key);
        var written = 0L;
        using var store = _chain.OpenStore(_newest.MachineId);
        foreach (var (file, records) in HeldRecords.ByFile(Indexes, held, low.ToList()))
        {
            stop.ThrowIfCancellationRequested();
            written += Rewrite(file, records, held[file].Bytes, store, notes);
        }

        return written;
    }

    private IEnumerable<IndexFile> Indexes() =>
        _listed.Values.Select(f => BlockFiles.TryReadIndex(_chain, f)).OfType<IndexFile>();

    private long Rewrite(
        uint file, List<HeldRecord> records, long liveBytes, RecordStore store, List<string> notes)
    {
        var free = Storage.FreeBytes(_chain.Path);
        if (free < liveBytes + SpareBytes)
        {
            notes.Add(
                $"{BlockFiles.LengthOf(_chain, file) - liveBytes} dead bytes of {Names.BlockFile(file)} "
                + $"stay: writing the rest anew needs {liveBytes + SpareBytes} bytes, and {free} are free.");
            return 0;
        }

        var path = Path.Combine(_chain.Path, Names.BlockFile(file));
        if (BlockFileWalk.ReadHeader(Storage, path) is not { } header)
        {
            notes.Add($"The dead bytes of {Names.BlockFile(file)} stay: its front does not verify.");
            return 0;
        }

        var moves = new RecordMoves(_chain);
        using var to = MovedRecords.Begin_NeedsLock(
            _chain, _given.NextNumber(), header.Kind, header.BirthSequence, _newest.MachineId,
            _newest.WrittenUtc);
        try
        {
            Move(records, header.Kind, store, to, moves);
            moves.Seal_NeedsLock(to);
        }
        catch (BackupCopyException error)
        {
            // One file's trouble is its own: the others are written anew all the same. An error of the switch
            // is not caught: nobody knows then by which index the records are found after a power cut.
            notes.Add($"The dead bytes of {Names.BlockFile(file)} stay: {error.Message}");
            return 0;
        }

        moves.Switch_NeedsLock(to, _listed);
        return liveBytes;
    }

    /// <summary>Copies records, verified, into a new file.</summary>
    private void Move(
        List<HeldRecord> records, BlockFileKind file, RecordStore store, MovedRecords to, RecordMoves moves)
    {
        var kind = file == BlockFileKind.Map ? RecordKind.MapNode : RecordKind.Block;
        foreach (var (name, place) in records)
        {
            var bytes = _slot.AsSpan(0, place.SlotLength);
            store.ReadRange(place.File, place.Offset, bytes);
            store.VerifyStored(bytes, place, kind);
            moves.Add(name, place, to.Add(bytes));
        }
    }
}
