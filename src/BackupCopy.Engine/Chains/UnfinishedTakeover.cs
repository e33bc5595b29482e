using BackupCopy.Blocks;
using BackupCopy.Chains.Removal;
using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains;

/// <summary>
/// The unfinished point of a chain in the hands of one writer. Begins a new one, or takes over what a writer
/// that is gone left behind: renames it first, so that a late publish of the old writer fails; then seals its
/// block files behind the last record that verifies and offers their records by digest.
/// </summary>
internal sealed class UnfinishedTakeover
{
    private readonly Chain _chain;
    private readonly HashSet<uint> _listed = [];
    private readonly HashSet<string> _readPoints = new(StringComparer.Ordinal);
    private readonly List<BlockFileReference> _adopted = [];
    private string _fileName = "";
    private HighWater _given = null!;
    private bool _mayCollect;

    private UnfinishedTakeover(Chain chain, RecordStore store)
    {
        _chain = chain;
        Adoption = new AdoptionTable(store);
    }

    public long Sequence { get; private set; }

    public Guid WriterId { get; } = Guid.NewGuid();

    public AdoptionTable Adoption { get; }

    /// <summary>Data files of earlier writers of this point.</summary>
    public IReadOnlyList<BlockFileReference> AdoptedFiles => _adopted;

    /// <summary>The bytes of adopted files that records were taken from.</summary>
    public long AdoptedBytes => _adopted
        .Where(f => Adoption.Taken.CountOf(f.Number) > 0)
        .Sum(f => LengthOf(Names.BlockFile(f.Number)));

    private IStorage Storage => _chain.Repository.Storage;

    public static UnfinishedTakeover Run(
        Chain chain, AppendRequest request, IReadOnlyList<ChainPoint> points, RecordStore store,
        CancellationToken cancellation)
    {
        var takeover = new UnfinishedTakeover(chain, store);
        takeover.LookAt(points);
        var left = chain.Unfinished();
        if (left is not null && left.Sequence <= (points.Count == 0 ? 0 : points[^1].Sequence))
        {
            // Its point was published; only the removal of the old name got lost.
            chain.DeleteFile(left.FileName);
            left = null;
        }

        takeover.Sequence = left?.Sequence ?? takeover._given.NextSequence();
        takeover.WriteUnfinished(left, request);
        takeover.Recover(left is not null, store, cancellation);
        return takeover;
    }

    /// <summary>A block-file number that the chain never gave out.</summary>
    public uint TakeNumber() => _given.NextNumber();

    /// <summary>
    /// Releases what was found and not taken, so that it does not stay for as long as its neighbours in the
    /// file. Before the point is published: should that fail, it is sent again.
    /// </summary>
    public void ReleaseUntaken()
    {
        var files = _adopted.Where(f => Adoption.Taken.CountOf(f.Number) > 0).ToList();
        var untaken = new RecordSet();
        foreach (var file in files)
        {
            var count = (uint)BlockFiles.ReadIndex(_chain, file).Count;
            for (uint record = 0; record < count; record++)
            {
                var name = new RecordName(file.Number, record);
                if (!Adoption.Taken.Contains(name))
                {
                    untaken.Add(name);
                }
            }
        }

        var space = new SpacePlan(_chain);
        space.Add(untaken, dying: [], contested: files);
        new Releaser(_chain, RemovalPlan.OfSpace(space), []).Run();
    }

    /// <summary>
    /// Turns the unfinished file into the point's file; fails when another writer has taken over.
    /// </summary>
    public void Publish(PointFile point)
    {
        var from = PathOf(_fileName);
        var name = Names.PointFile(point.Sequence, point.TimeUtc);
        var bytes = point.ToBytes(_chain.Repository.Key.Span);
        try
        {
            Rewrite(from, bytes);
            Storage.Rename(from, PathOf(name));
        }
        catch (BackupCopyException error) when (
            error.Code == ErrorCode.MissingFile && Storage.DirectoryExists(_chain.Path))
        {
            throw new BackupCopyException(
                ErrorCode.SessionTakenOver,
                $"Another session took over the copy of {point.MachineName} in {_chain.Path}.",
                "Nothing is lost: the other session finishes it. Look at Get-BackupCopySession.",
                error);
        }

        Storage.FlushDirectory(_chain.Path);
        SecondCopies.TryKeepPoint_NeedsLock(_chain, name, bytes);
    }

    /// <summary>
    /// Deletes block files of this chain that no point lists. Only when every point that is there now was
    /// read when the session began: what is not known is not garbage. What cannot be deleted is left to the
    /// next one.
    /// </summary>
    public void DeleteLeftovers(PointFile published)
    {
        try
        {
            _listed.UnionWith(published.BlockFiles.Select(f => f.Number));
            _readPoints.Add(Names.PointFile(published.Sequence, published.TimeUtc));
            if (_mayCollect && Storage.List(_chain.Path).All(e =>
                !e.Name.EndsWith(Names.Point, StringComparison.Ordinal) || _readPoints.Contains(e.Name)))
            {
                Garbage.Collect_NeedsLock(_chain, _listed);
            }
        }
        catch (BackupCopyException)
        {
            // The point is published: an error of the cleaning up must not make it a failed one.
        }
    }

    private void LookAt(IReadOnlyList<ChainPoint> points)
    {
        _mayCollect = points.All(p => p.File is not null);
        _readPoints.UnionWith(points.Select(p => p.FileName));
        foreach (var entry in Storage.List(_chain.Path))
        {
            if (entry.Name.EndsWith(Names.Point, StringComparison.Ordinal)
                && !_readPoints.Contains(entry.Name)
                && !Storage.FileExists(PathOf(Path.ChangeExtension(entry.Name, Names.Removed))))
            {
                throw StorageError.From(
                    new IOException("It is listed and was not read: the storage shows different things."),
                    PathOf(entry.Name));
            }
        }

        var files = points.Select(p => p.File).Concat(_chain.Tombstones().Select(t => t.File)).ToList();
        _listed.UnionWith(files.SelectMany(f => f?.BlockFiles ?? []).Select(f => f.Number));
        _given = HighWater.Of(_chain, files);
    }

    private void WriteUnfinished(UnfinishedPoint? left, AppendRequest request)
    {
        _fileName = Names.UnfinishedFile(Sequence, request.TimeUtc, WriterId);
        var point = new PointFile
        {
            PointId = Guid.NewGuid(),
            Sequence = Sequence,
            TimeUtc = request.TimeUtc,
            WrittenUtc = request.NowUtc,
            RepositoryId = _chain.Repository.File.Id,
            JobId = request.JobId,
            MachineId = request.MachineId,
            BlockSizeBytes = request.BlockSizeBytes,
            IsUnfinished = true,
            SizeBytes = 0,
            AddedBytes = 0,
            MachineName = request.MachineName,
            JobName = request.JobName,
            Compression = request.Compression,
            Origin = request.Origin,
        };
        var bytes = point.ToBytes(_chain.Repository.Key.Span);
        if (left is not null)
        {
            Storage.Rename(PathOf(left.FileName), PathOf(_fileName));
            Storage.FlushDirectory(_chain.Path);
            Rewrite(PathOf(_fileName), bytes);
        }
        else
        {
            using (var file = Storage.Open(PathOf(_fileName), OpenFor.Creating))
            {
                file.WriteAll(bytes, 0);
                file.Flush();
            }

            Storage.FlushDirectory(_chain.Path);
        }
    }

    // In place: a replacement by rename would bring the name back after another writer had taken it away. A
    // cut in the middle leaves a file that does not verify under a name that still says which sequence it is.
    private void Rewrite(string path, ReadOnlySpan<byte> bytes)
    {
        using var file = Storage.Open(path, OpenFor.Changing);
        file.WriteAll(bytes, 0);
        file.SetLength(bytes.Length);
        file.Flush();
    }

    private void Recover(bool isTakeover, RecordStore store, CancellationToken cancellation)
    {
        if (!isTakeover)
        {
            return;
        }

        foreach (var entry in Storage.List(_chain.Path).OrderBy(e => e.Name, StringComparer.Ordinal))
        {
            if (Names.TryNumber(entry.Name, Names.Blocks, out var number) && !_listed.Contains(number)
                && BlockFileWalk.ReadHeader(Storage, PathOf(entry.Name)) is
                    { Kind: BlockFileKind.Data } header
                && header.BirthSequence == Sequence && header.Number == number)
            {
                var index = BlockFileWalk.ReadIndex(Storage, _chain.Path, header)
                    ?? BlockFileWalk.SealAtLastGood(Storage, _chain.Path, header, store);
                Offer(header, index, store, cancellation);
            }
        }

        Storage.FlushDirectory(_chain.Path);
    }

    private void Offer(
        BlockFileHeader header, IndexFile index, RecordStore store, CancellationToken cancellation)
    {
        for (uint record = 0; record < index.Count; record++)
        {
            cancellation.ThrowIfCancellationRequested();
            var name = new RecordName(header.Number, record);
            try
            {
                Adoption.Add(store.DigestOf(name), name);
            }
            catch (BackupCopyException error)
                when (StoredDamage.IsDamage(error.Code) || StoredDamage.IsUnreadable(error.Code))
            {
                // A record that does not verify, or cannot be read, is sent again.
            }
        }

        _adopted.Add(
            new BlockFileReference(header.Number, header.Kind, header.FileId, header.BirthSequence, 0));
    }

    private string PathOf(string name) => System.IO.Path.Combine(_chain.Path, name);

    private long LengthOf(string name)
    {
        using var file = Storage.Open(PathOf(name), OpenFor.Reading);
        return file.Length;
    }
}
