using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Health;

/// <summary>
/// Heals the description of a repository: one of the two from the other, both from what the files in the
/// repository say. Works where the repository does not open. Of an encrypted repository both cannot be made
/// anew: the ways to its key went with them.
/// </summary>
internal sealed class RepositoryRepair
{
    private const int LargestBytes = 1 << 20;

    private readonly IStorage _storage;
    private readonly string _path;
    private readonly CancellationToken _cancellation;
    private readonly List<PointFile> _points = [];
    private readonly HashSet<int> _alignments = [];

    private RepositoryRepair(IStorage storage, string path, CancellationToken cancellation)
    {
        _storage = storage;
        _path = path;
        _cancellation = cancellation;
    }

    /// <param name="id">When given, a description of another repository is damage.</param>
    public static RepairOutcome Run(
        IStorage storage, string path, DateTime nowUtc, ReadOnlyMemory<byte> key = default, Guid? id = null,
        CancellationToken cancellation = default)
    {
        var repair = new RepositoryRepair(storage, path, cancellation);
        var first = repair.TryRead(Names.RepositoryFile, id);
        var second = repair.TryRead(Names.RepositoryFileCopy, id);
        if (first is not null && second is not null && first.AsSpan().SequenceEqual(second))
        {
            return new RepairOutcome([], [], [], 0);
        }

        // Where both read and differ a change was cut off: the first is the one that counts.
        if ((first ?? second) is { } whole)
        {
            var name = first is null ? Names.RepositoryFile : Names.RepositoryFileCopy;
            storage.Replace(Path.Combine(path, name), whole);
            storage.FlushDirectory(path);
            return new RepairOutcome(
                [new HealedDamage(repair.Damage(name), "its second copy")], [], [], whole.Length);
        }

        return repair.Rebuild(nowUtc, key);
    }

    private RepairOutcome Rebuild(DateTime nowUtc, ReadOnlyMemory<byte> key)
    {
        ChainDamage[] both = [Damage(Names.RepositoryFile), Damage(Names.RepositoryFileCopy)];
        if (WhyNot(key) is { } why)
        {
            return new RepairOutcome([], [.. both.Select(d => new LeftDamage(d, why))], [], 0);
        }

        var newest = _points.MaxBy(p => p.WrittenUtc)!;
        var abilities = _storage.Probe(_path);
        var file = new RepositoryFile
        {
            Id = newest.RepositoryId,
            CreatedUtc = _points.Min(p => p.WrittenUtc) is var oldest && oldest < nowUtc ? oldest : nowUtc,
            BlockSizeBytes = newest.BlockSizeBytes,
            Compression = newest.Compression,
            AlignmentBytes = _alignments.Count == 1 ? _alignments.Single()
                : abilities.Punches || abilities.Clones
                    ? FormatLimits.PageAlignment : FormatLimits.SmallAlignment,
            BlockFileBytes = FormatLimits.LocalBlockFileBytes,
            Storage = abilities,
        };
        RepositoryFolder.Write(_storage, _path, file);
        return new RepairOutcome(
            [.. both.Select(d => new HealedDamage(d, "its restore points and block files"))], [], [],
            2 * file.ToBytes().Length);
    }

    private string? WhyNot(ReadOnlyMemory<byte> key)
    {
        try
        {
            if (!key.IsEmpty)
            {
                return "The repository is encrypted: its key slots are nowhere else.";
            }

            Gather();
        }
        catch (BackupCopyException error)
            when (error.Code is ErrorCode.EncryptedRepository or ErrorCode.UnsupportedFormat)
        {
            return error.Code == ErrorCode.EncryptedRepository
                ? "The repository is encrypted: its key slots are nowhere else." : error.Message;
        }

        return _points.Count == 0 ? "No restore point in it verifies, so nothing says which it was."
            : _points.DistinctBy(p => p.RepositoryId).Count() > 1
                ? "Its restore points belong to different repositories."
            : _alignments.Count > 1 ? "Its block files are of different alignments."
            : null;
    }

    private void Gather()
    {
        foreach (var chain in Folders(_path).SelectMany(Folders))
        {
            _cancellation.ThrowIfCancellationRequested();
            foreach (var entry in _storage.List(chain).OrderBy(e => e.Name, StringComparer.Ordinal))
            {
                if (Names.TryPoint(entry.Name, Names.Point, out _))
                {
                    Add(TryPoint(Path.Combine(chain, entry.Name))
                        ?? TryPoint(Path.Combine(chain, SecondCopies.NameOf(entry.Name))));
                }
                else if (Names.TryNumber(entry.Name, Names.Blocks, out _)
                    && TryHeader(Path.Combine(chain, entry.Name)) is { Kind: BlockFileKind.Data } header)
                {
                    _alignments.Add(header.Alignment);
                }
            }
        }
    }

    private void Add(PointFile? point)
    {
        if (point is not null)
        {
            _points.Add(point);
        }
    }

    private IEnumerable<string> Folders(string path) => _storage.List(path)
        .Where(e => e.IsDirectory && RepositoryFolder.HasIdSuffix(e.Name))
        .Select(e => Path.Combine(path, e.Name)).Order(StringComparer.Ordinal);

    private PointFile? TryPoint(string path)
    {
        try
        {
            return PointFile.Read(_storage.ReadSmall(path, FormatLimits.PointFileBytes), path);
        }
        catch (BackupCopyException error) when (IsDamage(error))
        {
            return null;
        }
    }

    private BlockFileHeader? TryHeader(string path)
    {
        try
        {
            return BlockFileWalk.ReadHeader(_storage, path);
        }
        catch (BackupCopyException error) when (IsDamage(error))
        {
            return null;
        }
    }

    private byte[]? TryRead(string name, Guid? id)
    {
        var path = Path.Combine(_path, name);
        try
        {
            var bytes = _storage.ReadSmall(path, LargestBytes);
            return RepositoryFile.Read(bytes, path).Id is var found && (id is null || found == id)
                ? bytes : null;
        }
        catch (BackupCopyException error) when (IsDamage(error))
        {
            return null;
        }
    }

    // Nothing here answers for the storage: one that is lost altogether has no folder to look into.
    private bool IsDamage(BackupCopyException error) =>
        error.Code is ErrorCode.DamagedFile or ErrorCode.MissingFile
        || (error.Code is ErrorCode.StorageError or ErrorCode.ConnectionLost
            && _storage.DirectoryExists(_path));

    private ChainDamage Damage(string name) => new()
    {
        Kind = HealthFindingKind.DamagedDescription,
        Path = Path.Combine(_path, name),
        Message = $"{Path.Combine(_path, name)} is missing or does not verify.",
    };
}
