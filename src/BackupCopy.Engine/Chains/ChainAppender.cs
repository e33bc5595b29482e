using BackupCopy.Blocks;
using BackupCopy.Chains.Removal;
using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains;

/// <summary>What a new point is, before its blocks are known.</summary>
internal sealed record AppendRequest
{
    public required Guid MachineId { get; init; }
    public required string MachineName { get; init; }
    public required Guid JobId { get; init; }
    public required string JobName { get; init; }

    /// <summary>The time of the machine's state.</summary>
    public required DateTime TimeUtc { get; init; }
    public required DateTime NowUtc { get; init; }
    public required int BlockSizeBytes { get; init; }
    public required Compression Compression { get; init; }
    public PointOrigin Origin { get; init; }
    public GfsFlags Gfs { get; init; }

    /// <summary>Which days the flags stand for; see FORMAT.md §9.</summary>
    public string GfsReason { get; init; } = "";

    /// <summary>Share nothing with older points.</summary>
    public bool Full { get; init; }

    /// <summary>For messages of those who wait for the chain.</summary>
    public required string Purpose { get; init; }
}

/// <summary>
/// Appends one restore point to a chain. Holds the chain's append lock from begin to dispose. Until
/// <see cref="Publish"/> the point is an unfinished one; disposing without publishing keeps what was written,
/// and the next append takes it over by digest (I-1, I-2).
/// </summary>
internal sealed class ChainAppender : IDisposable
{
    private readonly Chain _chain;
    private readonly AppendRequest _request;
    private readonly HeldLock _lock;
    private readonly UnfinishedTakeover _unfinished;
    private readonly BlockFileWriter _mapFiles;
    private readonly List<DiskEntry> _disks = [];
    private readonly Dictionary<uint, long> _uses;
    private bool _isPublished;

    private ChainAppender(Chain chain, AppendRequest request, HeldLock held, CancellationToken cancellation)
    {
        _chain = chain;
        _request = request;
        _lock = held;
        var points = chain.Points_NeedsLock();
        // What cannot be finished harms nobody: a new point never names what a removed one alone used.
        PointRemoval.FinishTombstones_NeedsLock(chain, points);
        Parent = request.Full ? null : ParentOf(points, request.BlockSizeBytes);
        _uses = Parent?.BlockFiles.ToDictionary(f => f.Number, f => f.Uses) ?? [];
        Store = chain.OpenStore(request.MachineId);
        try
        {
            _unfinished = UnfinishedTakeover.Run(chain, request, points, Store, cancellation);
        }
        catch
        {
            Store.Dispose();
            throw;
        }

        var template = new BlockFileHeader
        {
            Kind = BlockFileKind.Data,
            Number = 0,
            Alignment = Alignment,
            BirthSequence = _unfinished.Sequence,
            FileId = default,
            MachineId = request.MachineId,
            WriterId = _unfinished.WriterId,
            CreatedUtc = request.NowUtc,
        };
        DataFiles = Files(template);
        _mapFiles = Files(
            template with { Kind = BlockFileKind.Map, Alignment = FormatLimits.SmallAlignment });
        MapNodes = new MapNodeWriter(_mapFiles, Key, request.MachineId);
    }

    /// <summary>The point whose records may be shared; null for a full.</summary>
    public PointFile? Parent { get; }

    public Guid MachineId => _request.MachineId;

    public int BlockSizeBytes => _request.BlockSizeBytes;

    public Compression Compression => _request.Compression;

    public int Alignment => _chain.Repository.File.AlignmentBytes;

    public ReadOnlyMemory<byte> Key => _chain.Repository.Key;

    /// <summary>Reads the chain's own records.</summary>
    public RecordStore Store { get; }

    public AdoptionTable Adoption => _unfinished.Adoption;

    internal BlockFileWriter DataFiles { get; }

    internal MapNodeWriter MapNodes { get; }

    /// <summary>Takes the append lock and the unfinished point, if there is one.</summary>
    public static ChainAppender Begin(
        Chain chain, AppendRequest request, CancellationToken cancellation = default)
    {
        chain.Repository.EnsureWritable();
        EnsureFolders(chain);
        var held = chain.TakeAppendLock(request.Purpose);
        try
        {
            return new ChainAppender(chain, request, held, cancellation);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The point directly before a new one, when it may share records with it; null makes the new point a
    /// full. A newest point that is damaged or set aside is never passed over for an older one: the users of
    /// a record would no longer be neighbours (I-2). One that cannot be read now is an error, since it may
    /// read tomorrow.
    /// </summary>
    public static PointFile? ParentOf(IReadOnlyList<ChainPoint> points, int blockSizeBytes)
    {
        var newest = points.Count == 0 ? null : points[^1];
        return newest?.Damage is not null && newest.Damage.Code != ErrorCode.DamagedFile
            ? throw newest.Damage
            : newest is { IsUsable: true } && newest.File!.BlockSizeBytes == blockSizeBytes
                ? newest.File : null;
    }

    /// <summary>The disk of the parent that a new disk continues; null when it starts empty.</summary>
    public DiskEntry? ParentDisk(Guid id) => Parent?.Disks.FirstOrDefault(d => d.Id == id);

    public DiskAppender BeginDisk(Guid id, string name, long sizeBytes) =>
        new(this, id, name, sizeBytes, ParentDisk(id));

    /// <summary>Makes the point exist: everything durable first, then its name (I-1).</summary>
    public PointFile Publish(IReadOnlyList<AttachmentEntry> attachments)
    {
        ForgetVanishedDisks();
        _unfinished.ReleaseUntaken();
        DataFiles.Seal();
        MapNodes.Flush();
        _mapFiles.Seal();
        _chain.Repository.Storage.FlushDirectory(_chain.Path);
        var point = new PointFile
        {
            PointId = Guid.NewGuid(),
            Sequence = _unfinished.Sequence,
            TimeUtc = _request.TimeUtc,
            WrittenUtc = _request.NowUtc,
            RepositoryId = _chain.Repository.File.Id,
            JobId = _request.JobId,
            MachineId = _request.MachineId,
            BlockSizeBytes = _request.BlockSizeBytes,
            IsFull = Parent is null,
            SizeBytes = _disks.Sum(d => d.SizeBytes),
            AddedBytes = DataFiles.WrittenBytes + _mapFiles.WrittenBytes + _unfinished.AdoptedBytes,
            MachineName = _request.MachineName,
            JobName = _request.JobName,
            Compression = _request.Compression,
            Gfs = _request.Gfs,
            GfsReason = _request.GfsReason,
            Origin = _request.Origin,
            Disks = _disks,
            BlockFiles = FilesOfPoint(),
            Attachments = attachments,
        };
        _unfinished.Publish(point);
        _isPublished = true;
        _unfinished.DeleteLeftovers(point);
        return point;
    }

    internal void Add(DiskEntry disk) => _disks.Add(disk);

    internal void CountUse(uint file, int change) =>
        _uses[file] = _uses.GetValueOrDefault(file) + change;

    public void Dispose()
    {
        try
        {
            if (!_isPublished)
            {
                KeepForNextTime();
            }
        }
        finally
        {
            DataFiles.Dispose();
            _mapFiles.Dispose();
            Store.Dispose();
            _lock.Dispose();
        }
    }

    // Sealing now spares the next session the walk through the file; where it fails, that walk does as well.
    private void KeepForNextTime()
    {
        try
        {
            DataFiles.SealWhole();
        }
        catch (BackupCopyException)
        {
            // The error that ended the session is the one to report, and it is on its way.
        }
    }

    // A builder for an empty disk over the parent's map counts every entry of it away.
    private void ForgetVanishedDisks()
    {
        foreach (var gone in Parent?.Disks.ExceptBy(_disks.Select(d => d.Id), d => d.Id) ?? [])
        {
            var map = new DiskMap(Store, gone, BlockSizeBytes);
            new MapBuilder(map, 0, BlockSizeBytes, MapNodes.Write, CountUse).Finish();
        }
    }

    private List<BlockFileReference> FilesOfPoint()
    {
        var known = new SortedDictionary<uint, BlockFileReference>();
        var own = DataFiles.Files.Concat(_mapFiles.Files).Select(f => f.Reference);
        foreach (var file in (Parent?.BlockFiles ?? []).Concat(_unfinished.AdoptedFiles).Concat(own))
        {
            known[file.Number] = file;
        }

        var files = new List<BlockFileReference>();
        foreach (var (number, uses) in _uses.Where(u => u.Value != 0).OrderBy(u => u.Key))
        {
            files.Add(uses > 0 && known.TryGetValue(number, out var file)
                ? file with { Uses = uses }
                : throw new InvalidOperationException(
                    $"Block file {number} would be listed with {uses} uses."));
        }

        return files;
    }

    private BlockFileWriter Files(BlockFileHeader template) => new(
        _chain.Repository.Storage, _chain.Path, template, _chain.Repository.File.BlockFileBytes,
        _unfinished.TakeNumber);

    private static void EnsureFolders(Chain chain)
    {
        var storage = chain.Repository.Storage;
        var backup = System.IO.Path.GetDirectoryName(chain.Path)!;
        foreach (var (folder, parent) in new[] { (backup, chain.Repository.Path), (chain.Path, backup) })
        {
            if (!storage.DirectoryExists(folder))
            {
                storage.CreateDirectory(folder);
            }

            // Also when the folder exists: whoever made it may have died before its name was durable.
            storage.FlushDirectory(parent);
        }
    }
}
