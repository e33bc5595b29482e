using BackupCopy.Blocks;
using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains;

/// <summary>
/// All points of one machine in one backup: a folder whose files say everything. Listing reads nothing
/// else, so a lost catalog or backup.json changes nothing (I-4). The order of points is their
/// sequence, never their time.
/// </summary>
internal sealed partial class Chain
{
    public Chain(RepositoryFolder repository, string path)
    {
        Repository = repository;
        Path = path;
        Locks = new FolderLocks(repository.Storage, path);
    }

    public RepositoryFolder Repository { get; }

    public string Path { get; }

    public FolderLocks Locks { get; }

    private IStorage Storage => Repository.Storage;

    /// <summary>The points by sequence, oldest first, damaged ones included.</summary>
    public IReadOnlyList<ChainPoint> Points() => [.. Read(PointNames().OrderBy(e => e.Sequence))];

    /// <summary>
    /// The same for whoever releases by what he sees. Under the append lock no point is removed meanwhile:
    /// one that is listed and cannot be found is an error, not a point less.
    /// </summary>
    public IReadOnlyList<ChainPoint> Points_NeedsLock() =>
        [.. Read(PointNames().OrderBy(e => e.Sequence), mayVanish: false)];

    // A file that was copied under another name has a sequence that is there already.
    private IEnumerable<ChainPoint> Read(
        IOrderedEnumerable<(string Name, long Sequence)> names, bool mayVanish = true) =>
        names.GroupBy(e => e.Sequence).SelectMany(same => PointTwins.Resolve(
            Path, [.. same.Select(e => Read(e.Name, e.Sequence, mayVanish)).OfType<ChainPoint>()]));

    private ChainPoint? Read(string name, long sequence, bool mayVanish) =>
        ReadPoint(name, sequence) is { } point ? point
            : mayVanish ? null
            : throw StorageError.From(
                new IOException("It is listed and cannot be found: the storage shows different things."),
                System.IO.Path.Combine(Path, name));

    // A point whose tombstone is there too is being removed, whatever put the point file back.
    private List<(string Name, long Sequence)> PointNames()
    {
        var names = new List<(string Name, long Sequence)>();
        var removed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in Storage.List(Path))
        {
            if (Names.TryPoint(entry.Name, Names.Point, out var sequence))
            {
                names.Add((entry.Name, sequence));
            }
            else if (Names.TryPoint(entry.Name, Names.Removed, out _))
            {
                removed.Add(System.IO.Path.GetFileNameWithoutExtension(entry.Name));
            }
        }

        return removed.Count == 0 ? names
            : [.. names.Where(n => !removed.Contains(System.IO.Path.GetFileNameWithoutExtension(n.Name)))];
    }

    /// <summary>Points that were removed and whose records are not all released yet, oldest first.</summary>
    public IReadOnlyList<Tombstone> Tombstones()
    {
        var tombstones = new List<Tombstone>();
        foreach (var entry in Storage.List(Path))
        {
            if (Names.TryPoint(entry.Name, Names.Removed, out var sequence))
            {
                tombstones.Add(new Tombstone(sequence, entry.Name, TryReadPointFile(entry.Name, out _)));
            }
        }

        tombstones.Sort((a, b) => a.Sequence.CompareTo(b.Sequence));
        return tombstones;
    }

    /// <summary>The newest point that can be used; null in an empty chain.</summary>
    public ChainPoint? Newest() =>
        Read(PointNames().OrderByDescending(e => e.Sequence)).FirstOrDefault(p => p.IsUsable);

    /// <summary>The point in the making; null when there is none.</summary>
    public UnfinishedPoint? Unfinished()
    {
        UnfinishedPoint? newest = null;
        foreach (var entry in Storage.List(Path))
        {
            if (Names.TryPoint(entry.Name, Names.Unfinished, out var sequence)
                && (newest is null || sequence > newest.Sequence))
            {
                newest = new UnfinishedPoint(sequence, entry.Name, TryReadPointFile(entry.Name, out _));
            }
        }

        return newest;
    }

    /// <summary>
    /// Opens a point for reading and keeps it from being removed until the reader is disposed.
    /// </summary>
    /// <param name="purpose">What the reader does, for whoever waits to remove the point.</param>
    public PointReader OpenPoint(ChainPoint point, string purpose = "reading the restore point")
    {
        if (point.File is null)
        {
            throw point.Damage!;
        }

        return Open(point, TakeReadLock(point, purpose));
    }

    /// <summary>
    /// Opens a point for a look that changes nothing, not even a lock: it may be removed meanwhile.
    /// </summary>
    public PointReader LookAt(ChainPoint point) =>
        point.File is null ? throw point.Damage! : Open(point, held: null);

    private PointReader Open(ChainPoint point, HeldLock? held)
    {
        if (!Storage.FileExists(System.IO.Path.Combine(Path, point.FileName)))
        {
            held?.Dispose();
            throw new BackupCopyException(
                ErrorCode.PointGone,
                $"Restore point {point.Title} of {point.File!.MachineName} was removed meanwhile.",
                "List the restore points again and choose another one.");
        }

        return new PointReader(this, point.File!, held);
    }

    /// <summary>
    /// Whether the point's mark, read now, keeps it from being removed. A mark that does not verify does, and
    /// any mark with a hold beside a point file that cannot say whose it is.
    /// </summary>
    public bool IsHeld(ChainPoint point) =>
        TryReadMark(point.FileName, point.File?.PointId, out var damage, out _) is { IsHeld: true }
        || damage is not null;

    /// <summary>
    /// Changes what may change about a point. Shares the point's lock, so that it is not removed meanwhile;
    /// changes of one mark come one after the other.
    /// </summary>
    public ChainPoint ChangeMark(ChainPoint point, DateTime nowUtc, Func<MarkFile, MarkFile> change)
    {
        Repository.EnsureWritable();
        var file = point.File ?? throw point.Damage!;
        using var alive = OpenPoint(point);
        using var alone = Locks.TryExclusive(MarkLock(point.Stem), "changing the mark", out var other)
            ?? throw new BackupCopyException(
                ErrorCode.PointLocked,
                $"The mark of restore point {point.Title} of {file.MachineName} is being changed by "
                + $"{other?.ToString() ?? "another process"}.",
                "Run the command again.");
        var known = TryReadMark(point.FileName, file.PointId, out _, out _) ?? new MarkFile
        {
            PointId = file.PointId,
            Generation = 0,
            ChangedUtc = nowUtc,
        };
        var mark = change(known) with { Generation = known.Generation + 1, ChangedUtc = nowUtc };
        var bytes = mark.ToBytes(Repository.Key.Span);

        // The copy first: whenever the power goes, one of the two is whole.
        SecondCopies.Keep(this, point.Stem + Names.Mark, bytes);
        Storage.Replace(System.IO.Path.Combine(Path, point.Stem + Names.Mark), bytes);
        Storage.FlushDirectory(Path);
        return point with { Mark = mark, MarkDamage = null, MarkFileDamage = null };
    }

    public RecordStore OpenStore(Guid machineId) => new(Storage, Path, machineId, Repository.Key);

    /// <summary>Removes a file that may be gone already.</summary>
    internal void DeleteFile(string name)
    {
        var path = System.IO.Path.Combine(Path, name);
        if (Storage.FileExists(path))
        {
            Storage.Delete(path);
        }
    }

    private HeldLock? TakeReadLock(ChainPoint point, string purpose)
    {
        if (Repository.IsReadOnly)
        {
            return null;
        }

        try
        {
            return Locks.TryShared(point.Stem, purpose) ?? throw new BackupCopyException(
                ErrorCode.PointLocked,
                $"Restore point {point.Title} of {point.File!.MachineName} is being removed.",
                "List the restore points again and choose another one.");
        }
        catch (BackupCopyException error) when (error.Code == ErrorCode.TargetFull)
        {
            // No room for a lock file: a full repository can still be restored and copied from.
            return null;
        }
    }

    private ChainPoint? ReadPoint(string fileName, long sequence)
    {
        var file = TryReadPointFile(fileName, sequence, out var damage);
        if (file is null && damage is null)
        {
            return null;
        }

        // A point that was copied into its place by hand has no say over the copy of the one before.
        var fileDamage = damage;
        if (damage is { Code: ErrorCode.DamagedFile or ErrorCode.StorageError or ErrorCode.ConnectionLost }
            && TryReadPointFile(SecondCopies.NameOf(fileName), sequence, out _) is { } copy
            && Names.PointFile(copy.Sequence, copy.TimeUtc) == fileName)
        {
            (file, damage) = (copy, null);
        }

        BackupCopyException? markDamage = null, markFileDamage = null;
        return new ChainPoint
        {
            Sequence = sequence,
            FileName = fileName,
            File = file,
            FileDamage = fileDamage,
            Damage = damage,
            Mark = file is null ? null
                : TryReadMark(fileName, file.PointId, out markDamage, out markFileDamage),
            MarkDamage = markDamage,
            MarkFileDamage = markFileDamage,
        };
    }

    private PointFile? TryReadPointFile(string fileName, long sequence, out BackupCopyException? damage)
    {
        var file = TryReadPointFile(fileName, out damage);
        if (file is null || (file.Sequence == sequence && !file.IsUnfinished))
        {
            return file;
        }

        damage = FormatError.Damaged(
            System.IO.Path.Combine(Path, fileName), 0, $"point {sequence}", $"point {file.Sequence}");
        return null;
    }

    private PointFile? TryReadPointFile(string fileName, out BackupCopyException? damage)
    {
        damage = null;
        var path = System.IO.Path.Combine(Path, fileName);
        try
        {
            return PointFile.Read(
                Storage.ReadSmall(path, FormatLimits.PointFileBytes), path, Repository.Key.Span);
        }
        catch (BackupCopyException error) when (error.Code == ErrorCode.MissingFile)
        {
            return null;
        }
        catch (BackupCopyException error)
        {
            damage = error;
            return null;
        }
    }

    /// <param name="damage">Set when neither the mark nor its copy can be read.</param>
    /// <param name="fileDamage">Set when the mark itself cannot.</param>
    private MarkFile? TryReadMark(
        string pointFileName, Guid? pointId, out BackupCopyException? damage,
        out BackupCopyException? fileDamage)
    {
        var name = System.IO.Path.GetFileNameWithoutExtension(pointFileName) + Names.Mark;
        var mark = TryReadMarkFile(name, pointId, out damage);
        fileDamage = damage;
        if (damage is not null && TryReadMarkFile(SecondCopies.NameOf(name), pointId, out _) is { } copy)
        {
            damage = null;
            return copy;
        }

        return mark;
    }

    // Only a mark that is missing is none: any other error may hide a hold. Without an id any point's counts.
    private MarkFile? TryReadMarkFile(string name, Guid? pointId, out BackupCopyException? damage)
    {
        damage = null;
        var path = System.IO.Path.Combine(Path, name);
        try
        {
            var mark = MarkFile.Read(
                Storage.ReadSmall(path, FormatLimits.MarkFileBytes), path, Repository.Key.Span);
            if (pointId is { } id)
            {
                mark.EnsureIsOf(id, path);
            }

            return mark;
        }
        catch (BackupCopyException error)
        {
            damage = error.Code == ErrorCode.MissingFile ? null : error;
            return null;
        }
    }
}
