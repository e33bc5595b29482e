using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Health;

/// <summary>
/// Verifies every index that a point lists, and the front and the length of every block file in which a
/// record of one lies. Reads no record.
/// </summary>
internal sealed class BlockFilesCheck
{
    private readonly Chain _chain;
    private readonly IReadOnlyList<PointFile> _points;
    private readonly Dictionary<uint, BlockFileReference> _listed = [];
    private readonly Dictionary<uint, Content> _files = [];
    private readonly List<ChainDamage> _damage = [];

    private BlockFilesCheck(Chain chain, IReadOnlyList<PointFile> points)
    {
        _chain = chain;
        _points = points;
        foreach (var file in points.SelectMany(p => p.BlockFiles))
        {
            _listed.TryAdd(file.Number, file);
        }
    }

    public static IReadOnlyList<ChainDamage> Run(
        Chain chain, IReadOnlyList<PointFile> points, CancellationToken stop)
    {
        var check = new BlockFilesCheck(chain, points);
        foreach (var file in check._listed.Values)
        {
            stop.ThrowIfCancellationRequested();
            check.CheckIndex(file);
        }

        foreach (var (number, content) in check._files.OrderBy(f => f.Key))
        {
            stop.ThrowIfCancellationRequested();
            check.CheckFile(number, content);
        }

        return check._damage;
    }

    private void CheckIndex(BlockFileReference file)
    {
        IndexFile index;
        try
        {
            index = BlockFiles.ReadIndex(_chain, file);
        }
        catch (BackupCopyException error) when (ReadFault.IsDamage(_chain.Repository, error))
        {
            Add(HealthFindingKind.DamagedIndex, Names.IndexFile(file.Number), [file.Number], error.Message);

            // Most likely its records lie where they were written.
            ContentOf(file.Number).Numbers.Add(file.Number);
            return;
        }

        // A number whose records all moved needs no file of its own: none of its places names it.
        for (uint record = 0; record < index.Count; record++)
        {
            var place = index[record];
            if (!place.IsReleased)
            {
                var content = ContentOf(place.File);
                content.Numbers.Add(file.Number);
                content.End = Math.Max(content.End, place.Offset + place.SlotLength);
            }
        }
    }

    private void CheckFile(uint number, Content content)
    {
        var path = Path.Combine(_chain.Path, Names.BlockFile(number));
        try
        {
            using var file = _chain.Repository.Storage.Open(path, OpenFor.Reading);
            CheckFront(number, content, Front(file));
            if (file.Length < content.End)
            {
                throw FormatError.Damaged(
                    path, file.Length, $"records of restore points up to {content.End}", "its end");
            }
        }
        catch (BackupCopyException error) when (ReadFault.IsDamage(_chain.Repository, error))
        {
            Add(
                error.Code == ErrorCode.MissingFile
                    ? HealthFindingKind.MissingBlockFile : HealthFindingKind.DamagedBlockFile,
                Names.BlockFile(number), content.Numbers, error.Message);
        }
    }

    private static BlockFileHeader Front(IStorageFile file)
    {
        var bytes = new byte[BlockFileHeader.Size];
        file.ReadAll(bytes, 0);
        return BlockFileHeader.Read(bytes, file.Path);
    }

    private void CheckFront(uint number, Content content, BlockFileHeader front)
    {
        var path = Path.Combine(_chain.Path, Names.BlockFile(number));
        if (front.Number != number)
        {
            throw FormatError.Damaged(path, 0, $"block file {number}", $"{front.Number}");
        }

        if (_listed.TryGetValue(number, out var listed))
        {
            if (front.FileId != listed.FileId || front.Kind != listed.Kind)
            {
                throw FormatError.Damaged(
                    path, 0, $"{listed.Kind} file {listed.FileId}", $"{front.Kind} {front.FileId}");
            }

            return;
        }

        CheckMovedIndex(number, content, front);
    }

    // A file of moved records has an index without places.
    private void CheckMovedIndex(uint number, Content content, BlockFileHeader front)
    {
        var name = Names.IndexFile(number);
        try
        {
            var index = BlockFiles.ReadIndex(
                _chain, new BlockFileReference(number, front.Kind, front.FileId, front.BirthSequence, 0));
            if (index.Count > 0)
            {
                throw FormatError.Damaged(
                    Path.Combine(_chain.Path, name), 0, "no records of its own", $"{index.Count}");
            }
        }
        catch (BackupCopyException error) when (ReadFault.IsDamage(_chain.Repository, error))
        {
            Add(HealthFindingKind.DamagedIndex, name, content.Numbers, error.Message);
        }
    }

    private Content ContentOf(uint number)
    {
        if (!_files.TryGetValue(number, out var content))
        {
            _files.Add(number, content = new Content());
        }

        return content;
    }

    private void Add(
        HealthFindingKind kind, string name, IReadOnlyCollection<uint> numbers, string message) =>
        _damage.Add(new ChainDamage
        {
            Kind = kind,
            Path = Path.Combine(_chain.Path, name),
            AffectedPoints =
            [
                .. _points.Where(p => p.BlockFiles.Any(f => numbers.Contains(f.Number)))
                    .Select(p => p.Sequence),
            ],
            Message = message,
        });

    /// <summary>What lies in a block file.</summary>
    private sealed class Content
    {
        /// <summary>The numbers whose records do.</summary>
        public HashSet<uint> Numbers { get; } = [];

        /// <summary>Where the last of them ends.</summary>
        public long End { get; set; }
    }
}
