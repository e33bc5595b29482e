using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains.Removal;

/// <summary>
/// Turns records that nobody uses into what is done to files: indexes written anew, ranges punched, files
/// deleted. Records of a number normally lie in its own file; those that were moved lie in files that hold
/// nothing else and whose own index is empty.
/// </summary>
internal sealed class SpacePlan
{
    private readonly Chain _chain;
    private readonly RecordSet _freed = new();
    private readonly List<BlockFileReference> _dying = [];
    private readonly ReleaseMode _mode;
    private readonly List<IndexRelease> _indexes = [];
    private readonly List<SpaceRelease> _files = [];
    private readonly HashSet<uint> _moved = [];
    private readonly HashSet<uint> _waiting;

    public SpacePlan(Chain chain)
    {
        _chain = chain;
        _mode = chain.Repository.File.EffectiveReleaseMode;
        _waiting = OldBytes.Of(chain);
    }

    public IReadOnlyList<IndexRelease> Indexes => _indexes;

    public IReadOnlyList<SpaceRelease> Files => _files;

    /// <summary>
    /// Files of moved records of which nobody can say now what is dead in them; to be remembered.
    /// </summary>
    public IReadOnlyCollection<uint> Untold { get; private set; } = [];

    /// <summary>The records of the files added that nobody uses any more.</summary>
    public RecordSet Freed => _freed;

    /// <summary>
    /// Adds files that go as a whole and files that lose records; nothing is added when an index of these is
    /// damaged. Each index is read once.
    /// </summary>
    /// <param name="freed">What nobody uses any more; records of other files are passed by.</param>
    public void Add(
        RecordSet freed, IEnumerable<BlockFileReference> dying, IReadOnlyList<BlockFileReference> contested)
    {
        // Nothing is added before all that may turn out damaged was read.
        var gone = dying.ToList();
        var changes = gone.Select(Delete).Concat(contested.Select(file => Release(file, freed)))
            .OfType<FileRelease>().ToList();
        _dying.AddRange(gone);
        foreach (var file in contested)
        {
            _freed.AddAll(freed, file.Number);
        }

        foreach (var (index, space, moved) in changes)
        {
            _indexes.Add(index);
            _files.AddRange(space is null ? [] : [space]);
            _moved.UnionWith(moved);
        }
    }

    /// <summary>Null when what lies there under this number is not what the point listed.</summary>
    private FileRelease? Delete(BlockFileReference file)
    {
        var front = BlockFiles.TryReadHeader(_chain, file);
        var index = BlockFiles.TryReadIndex(_chain, file);
        if (front is null && index is null)
        {
            return null;
        }

        var moved = new HashSet<uint>();
        for (uint record = 0; record < (index?.Count ?? 0); record++)
        {
            if (!index![record].IsReleased && index[record].File != file.Number)
            {
                moved.Add(index[record].File);
            }
        }

        SpaceRelease? space = null;
        if (front is not null)
        {
            var length = BlockFiles.LengthOf(_chain, file.Number);
            var start = FormatLimits.AlignUp(BlockFileHeader.Size, front.Alignment);
            var freed = index is null || _mode != ReleaseMode.Punch ? length
                : FreeRanges.Of(start, length, index, released: null).FreedBytes
                    + FormatLimits.AlignUp(start, FormatLimits.PageAlignment);
            var indexBytes = FormatLimits.AlignUp(index?.SizeBytes ?? 0, FormatLimits.PageAlignment);
            space = new SpaceRelease(file.Number, Dies: true, [], freed + indexBytes);
        }

        return new FileRelease(new IndexRelease(file, Dies: true, 0, 0), space, moved);
    }

    /// <summary>Null when the file loses nothing; its index is verified in any case.</summary>
    private FileRelease? Release(BlockFileReference file, RecordSet freed)
    {
        var index = BlockFiles.ReadIndex(_chain, file);
        // Whole files only: what dies in a file that lives on stays until the file goes.
        if (_mode == ReleaseMode.WholeFiles)
        {
            return null;
        }

        var count = 0;
        var isOwn = false;
        var moved = new HashSet<uint>();
        foreach (var record in freed.Of(file.Number).Where(r => r < index.Count && !index[r].IsReleased))
        {
            count++;
            isOwn |= index[record].File == file.Number;
            if (index[record].File != file.Number)
            {
                moved.Add(index[record].File);
            }
        }

        if (count == 0)
        {
            return null;
        }

        // A free range may cover bytes whose record moved away, which a reader may still need.
        SpaceRelease? space = null;
        if (isOwn && _mode == ReleaseMode.Punch && !_waiting.Contains(file.Number))
        {
            var front = BlockFiles.ReadHeader(_chain, file);
            var start = FormatLimits.AlignUp(BlockFileHeader.Size, front.Alignment);
            var free = FreeRanges.Of(start, index.SealedLength, index, freed.BitsOf(file.Number));
            space = new SpaceRelease(file.Number, Dies: false, free.Ranges, free.FreedBytes);
        }

        return new FileRelease(new IndexRelease(file, Dies: false, count, index.SizeBytes), space, moved);
    }

    /// <summary>
    /// Adds, once all files are, what happens to files of moved records: one may hold those of many numbers
    /// and births. Those that may have old bytes are left to their release.
    /// </summary>
    /// <param name="listed">The block files of all points that stay; null when one does not tell.</param>
    public void AddMoved(IEnumerable<BlockFileReference>? listed)
    {
        _moved.ExceptWith(_waiting);
        if (_moved.Count == 0)
        {
            return;
        }

        var dying = _dying.Select(f => f.Number).ToHashSet();
        var files = listed?.Concat(_dying).DistinctBy(f => f.Number).ToList();
        if (files is null
            || files.Exists(f => !dying.Contains(f.Number) && BlockFiles.TryReadIndex(_chain, f) is null))
        {
            Untold = _moved;
            return;
        }

        IEnumerable<IndexFile> Indexes() =>
            files.Select(f => BlockFiles.TryReadIndex(_chain, f)).OfType<IndexFile>();
        bool IsReleased(RecordName name) => dying.Contains(name.File) || _freed.Contains(name);
        foreach (var (number, there) in HeldRecords.ByFile(
            Indexes, HeldRecords.Count(Indexes()), _moved.Where(m => BlockFiles.Exists(_chain, m))))
        {
            var length = BlockFiles.LengthOf(_chain, number);
            if (there.TrueForAll(r => IsReleased(r.Name)))
            {
                _files.Add(new SpaceRelease(number, Dies: true, [], length));
            }
            else if (_mode == ReleaseMode.Punch)
            {
                var free = FreeRanges.Of(
                    BlockFileHeader.Size, length, there.Select(r => (r.Place, IsReleased(r.Name))));
                _files.Add(new SpaceRelease(number, Dies: false, free.Ranges, free.FreedBytes));
            }
        }
    }

    private sealed record FileRelease(IndexRelease Index, SpaceRelease? Space, HashSet<uint> Moved);
}
