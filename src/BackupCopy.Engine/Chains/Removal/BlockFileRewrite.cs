using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains.Removal;

/// <summary>
/// Gets space back where nothing can be punched: block files whose live share is low are written anew with
/// what is live, and their index is switched over. All points switch at once and no point file changes. The
/// old bytes go when every reader that may still know the old index has left.
/// Needs the append lock; a crash at any step leaves the old bytes or the new ones in use.
/// </summary>
internal sealed class BlockFileRewrite
{
    /// <summary>Below this share of live bytes a file is worth the writing.</summary>
    private const double LowestLiveShare = 0.5;

    // Room for indexes and the file system's own needs.
    private const long SpareBytes = 8 << 20;

    private readonly Chain _chain;
    private readonly IReadOnlyList<ChainPoint> _points;
    private readonly HighWater _given;

    private BlockFileRewrite(Chain chain, IReadOnlyList<ChainPoint> points)
    {
        _chain = chain;
        _points = points;
        _given = HighWater.Of(chain, points.Select(p => p.File));
    }

    private IStorage Storage => _chain.Repository.Storage;

    /// <summary>
    /// Whether bytes that were written anew elsewhere may wait for their readers to leave: only beside files
    /// of moved records can there be such.
    /// </summary>
    public static bool MayHaveOldBytes(Chain chain) =>
        chain.Repository.File.EffectiveReleaseMode == ReleaseMode.Rewrite
        && BlockFiles.OfMovedRecords(chain).Count > 0;

    /// <summary>Rewrites what is worth it and deletes old bytes that nobody reads any more.</summary>
    /// <param name="notes">Told of what had to be left for the next time.</param>
    /// <returns>The bytes that returned, less those written.</returns>
    public static long Run_NeedsLock(Chain chain, List<string> notes, CancellationToken stop)
    {
        var points = chain.Points_NeedsLock();
        if (points.Any(p => p.File is null) || chain.Tombstones().Count > 0)
        {
            return 0;
        }

        var rewrite = new BlockFileRewrite(chain, points);
        var returned = rewrite.DeleteOldBytes(notes);
        if (chain.Repository.File.EffectiveReleaseMode != ReleaseMode.Rewrite)
        {
            return returned;
        }

        var machine = points.Count == 0 ? default : points[^1].File!.MachineId;
        using var store = chain.OpenStore(machine);
        foreach (var file in points.SelectMany(p => p.File!.BlockFiles).DistinctBy(f => f.Number))
        {
            stop.ThrowIfCancellationRequested();
            returned -= rewrite.RewriteIfLow(file, store, notes);
        }

        return returned + rewrite.DeleteOldBytes(notes);
    }

    /// <returns>The bytes written.</returns>
    private long RewriteIfLow(BlockFileReference file, RecordStore store, List<string> notes)
    {
        if (BlockFiles.TryReadIndex(_chain, file) is not { } index)
        {
            notes.Add($"{Names.IndexFile(file.Number)} in {_chain.Path} is missing or does not verify.");
            return 0;
        }

        var places = Enumerable.Range(0, index.Count).Select(r => index[(uint)r]).ToArray();
        var live = places.Where(p => !p.IsReleased).ToList();
        var liveBytes = live.Sum(p => (long)p.SlotLength);
        var there = live.Select(p => p.File).Distinct().Sum(number => BlockFiles.LengthOf(_chain, number));
        if (liveBytes == 0 || liveBytes >= there * LowestLiveShare)
        {
            return 0;
        }

        var free = Storage.FreeBytes(_chain.Path);
        if (free < liveBytes + SpareBytes)
        {
            notes.Add(
                $"{there - liveBytes} dead bytes of {Names.BlockFile(file.Number)} stay: writing the rest "
                + $"anew needs {liveBytes + SpareBytes} bytes, and {free} are free.");
            return 0;
        }

        RecordPlace[] moved;
        try
        {
            moved = Move(file, places, store);
        }
        catch (BackupCopyException error)
        {
            // One file's trouble is its own: the others are written anew all the same. An error of the switch
            // is not caught: nobody knows then by which index the records are found after a power cut.
            notes.Add($"The dead bytes of {Names.BlockFile(file.Number)} stay: {error.Message}");
            return 0;
        }

        Switch(file, index, moved);
        return liveBytes;
    }

    /// <summary>Copies the live records, verified, into a new file; returns all places.</summary>
    private RecordPlace[] Move(BlockFileReference file, RecordPlace[] places, RecordStore store)
    {
        var number = _given.NextNumber();
        try
        {
            return Move(number, file, places, store);
        }
        catch
        {
            DeletePart(number);
            throw;
        }
    }

    private void DeletePart(uint number)
    {
        try
        {
            _chain.DeleteFile(Names.BlockFile(number));
            _chain.DeleteFile(Names.IndexFile(number));
        }
        catch (BackupCopyException)
        {
            // The error that stopped the copying is the one to report; garbage goes with the next removal.
        }
    }

    private RecordPlace[] Move(
        uint number, BlockFileReference file, RecordPlace[] places, RecordStore store)
    {
        var alignment = file.Kind == BlockFileKind.Map
            ? FormatLimits.SmallAlignment : _chain.Repository.File.AlignmentBytes;
        var header = new BlockFileHeader
        {
            Kind = file.Kind,
            Number = number,
            Alignment = alignment,
            BirthSequence = file.BirthSequence,
            FileId = Guid.NewGuid(),
            MachineId = _points[^1].File!.MachineId,
            WriterId = Guid.NewGuid(),
            CreatedUtc = _points[^1].File!.WrittenUtc,
        };
        var moved = new RecordPlace[places.Length];
        var kind = file.Kind == BlockFileKind.Map ? RecordKind.MapNode : RecordKind.Block;
        var slot = new byte[RecordHeader.SlotLength(Blocks.BlockSize.Largest, 1 << 16)];
        long end = FormatLimits.AlignUp(BlockFileHeader.Size, alignment);
        using (var to = Storage.Open(PathOf(Names.BlockFile(header.Number)), OpenFor.Creating))
        {
            var front = new byte[end];
            header.Write(front);
            to.WriteAll(front, 0);
            for (var record = 0; record < places.Length; record++)
            {
                var place = places[record];
                if (place.IsReleased)
                {
                    moved[record] = place;
                    continue;
                }

                var bytes = slot.AsSpan(0, place.SlotLength);
                store.ReadRange(place.File, place.Offset, bytes);
                store.VerifyStored(bytes, place, kind);
                to.WriteAll(bytes, end);
                moved[record] = new RecordPlace(header.Number, place.SlotLength, end);
                end += place.SlotLength;
            }

            to.Flush();
        }

        // The index of a file of moved records is empty: its records keep their old names.
        Storage.Replace(
            PathOf(Names.IndexFile(header.Number)),
            IndexFile.Write(header.Number, generation: 1, header.FileId, end, []));
        Storage.FlushDirectory(_chain.Path);
        return moved;
    }

    private void Switch(BlockFileReference file, IndexFile index, RecordPlace[] places)
    {
        _chain.EnsureLock_NeedsLock();
        Storage.Replace(
            PathOf(Names.IndexFile(file.Number)),
            IndexFile.Write(file.Number, index.Generation + 1, index.FileId, index.SealedLength, places));
        Storage.FlushDirectory(_chain.Path);
    }

    /// <summary>Block files of listed numbers, or of moved records, that no index names any more.</summary>
    private long DeleteOldBytes(List<string> notes)
    {
        var listed = _points.SelectMany(p => p.File!.BlockFiles).Select(f => f.Number).ToHashSet();
        if (Storage.List(_chain.Path).All(
            e => !Names.TryNumber(e.Name, Names.Blocks, out var n) || listed.Contains(n)))
        {
            // Moved records lie in files that no point lists: without one nothing was ever moved.
            return 0;
        }

        if (FilesInUse(notes) is not { } named)
        {
            return 0;
        }

        var moved = BlockFiles.OfMovedRecords(_chain);
        var old = Storage.List(_chain.Path)
            .Select(e => (Entry: e, IsBlocks: Names.TryNumber(e.Name, Names.Blocks, out var n), Number: n))
            .Where(e => e.IsBlocks && !named.Contains(e.Number)
                && (listed.Contains(e.Number) || moved.Contains(e.Number)))
            .ToList();
        if (old.Count == 0)
        {
            return 0;
        }

        // Whoever opened a point before the switch may read by the old index. Once each point was seen
        // without a reader after the switch, no such reader is left.
        if (_points.FirstOrDefault(p => _chain.Locks.IsHeld(p.Stem)) is { } busy)
        {
            notes.Add(
                $"{old.Sum(o => o.Entry.Length)} bytes written anew elsewhere stay until the reader of "
                + $"restore point {busy.Sequence} has left.");
            return 0;
        }

        _given.Keep();
        _chain.EnsureLock_NeedsLock();
        foreach (var (_, _, number) in old)
        {
            _chain.DeleteFile(Names.BlockFile(number));
            if (moved.Contains(number))
            {
                _chain.DeleteFile(Names.IndexFile(number));
            }
        }

        Storage.FlushDirectory(_chain.Path);
        return old.Sum(o => o.Entry.Length);
    }

    /// <summary>
    /// The files that hold a record of some point; null, with a note, when an index does not tell.
    /// </summary>
    private HashSet<uint>? FilesInUse(List<string> notes)
    {
        var named = new HashSet<uint>();
        foreach (var file in _points.SelectMany(p => p.File!.BlockFiles).DistinctBy(f => f.Number))
        {
            if (BlockFiles.TryReadIndex(_chain, file) is not { } index)
            {
                notes.Add(
                    $"Bytes written anew elsewhere stay, because {Names.IndexFile(file.Number)} in "
                    + $"{_chain.Path} is missing or does not verify.");
                return null;
            }

            for (uint record = 0; record < index.Count; record++)
            {
                if (!index[record].IsReleased)
                {
                    named.Add(index[record].File);
                }
            }
        }

        return named;
    }

    private string PathOf(string name) => Path.Combine(_chain.Path, name);
}
