using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains.Removal;

/// <summary>
/// Executes a plan whose points are tombstones: gives the space back, punched or by deleting files, then
/// writes it down in the indexes, which on a full disk need the room, then deletes the tombstones. Each step
/// may happen twice; a tombstone goes only after everything before it is durable.
/// </summary>
internal sealed class Releaser
{
    // So many files are changed before the first is flushed: what one flush commits to a file system's
    // journal, the others need not.
    private const int MostOpenFiles = 64;

    private readonly Chain _chain;
    private readonly RemovalPlan _plan;
    private readonly List<string> _notes;

    public Releaser(Chain chain, RemovalPlan plan, List<string> notes)
    {
        _chain = chain;
        _plan = plan;
        _notes = notes;
    }

    public CancellationToken Stop { get; init; }

    private IStorage Storage => _chain.Repository.Storage;

    public void Run()
    {
        RememberUntold();
        // Punched before the index says so: a crash between the two is found again by what is in use.
        foreach (var files in _plan.Space.Where(s => s.Ranges.Count > 0).Chunk(MostOpenFiles))
        {
            Punch(files);
        }

        DeleteDead();
        var releases = _plan.Indexes.Where(i => !i.Dies).Chunk(MostOpenFiles).ToList();
        foreach (var some in releases)
        {
            Replace(some);
        }

        if (releases.Count > 0)
        {
            Storage.FlushDirectory(_chain.Path);
        }

        DeleteTombstones();
    }

    // Without room for the names the next full mark finds those bytes.
    private void RememberUntold()
    {
        try
        {
            OldBytes.Remember_NeedsLock(_chain, _plan.Untold);
        }
        catch (BackupCopyException error) when (error.Code == ErrorCode.TargetFull)
        {
            _notes.Add($"Some bytes of moved records stay until the next deep rescan: {error.Message}");
        }
    }

    private void DeleteDead()
    {
        _chain.EnsureLock_NeedsLock();
        var dead = _plan.Indexes.Where(i => i.Dies).Select(i => Names.IndexFile(i.File.Number))
            .Concat(_plan.Space.Where(s => s.Dies)
                .SelectMany(s => (string[])[Names.BlockFile(s.Number), Names.IndexFile(s.Number)]))
            .Distinct(StringComparer.Ordinal).ToList();
        if (dead.Count > 0 || !_plan.IsEmpty)
        {
            RememberHighest([.. dead, .. Buried]);
        }

        dead.ForEach(_chain.DeleteFile);
        if (dead.Count > 0 && _plan.IsEmpty)
        {
            Storage.FlushDirectory(_chain.Path);
        }
    }

    private void DeleteTombstones()
    {
        if (_plan.IsEmpty)
        {
            return;
        }

        _chain.EnsureLock_NeedsLock();
        foreach (var name in Buried)
        {
            _chain.DeleteFile(name);
        }

        Storage.FlushDirectory(_chain.Path);
    }

    // What is left of the plan's points.
    private IEnumerable<string> Buried => _plan.Points.Select(p => p.Stem)
        .Concat(_plan.Tombstones.Select(t => t.Stem))
        .SelectMany(stem => (string[])
        [
            SecondCopies.NameOf(stem + Names.Mark), stem + Names.Mark,
            SecondCopies.NameOf(stem + Names.Point), stem + Names.Point, stem + Names.Removed,
        ]);

    // The last name that tells how high sequences and numbers went must not go before it is written down. The
    // files themselves may have gone already, with a removal that was cut off.
    private void RememberHighest(HashSet<string> going)
    {
        var high = HighWater.Of(
            _chain, _plan.Points.Select(p => p.File).Concat(_plan.Tombstones.Select(t => t.File)));
        if (!high.IsToldWithout(going))
        {
            high.Keep();
        }
    }

    // A repository that was moved to another storage may not punch any more: the space then returns when the
    // whole file goes, and everything else goes on.
    private void Punch(IReadOnlyList<SpaceRelease> files)
    {
        _chain.EnsureLock_NeedsLock();
        var open = new List<IStorageFile>();
        try
        {
            foreach (var space in files)
            {
                Stop.ThrowIfCancellationRequested();
                open.Add(Storage.Open(PathOf(Names.BlockFile(space.Number)), OpenFor.Changing));
                if (!space.Ranges.All(range => open[^1].TryPunch(range.Offset, range.Length)))
                {
                    _notes.Add(
                        $"{open[^1].Path} lies on storage that punches no holes any more: "
                        + $"{space.FreedBytes} bytes return only when the file goes.");
                }
            }

            open.ForEach(file => file.Flush());
        }
        finally
        {
            open.ForEach(file => file.Dispose());
        }
    }

    private void Replace(IReadOnlyList<IndexRelease> releases)
    {
        var open = new List<IStorageFile>();
        try
        {
            foreach (var release in releases)
            {
                Stop.ThrowIfCancellationRequested();
                var name = Names.IndexFile(release.File.Number) + Names.Temporary;
                _chain.DeleteFile(name);
                var index = BlockFiles.ReadIndex(_chain, release.File);
                var gone = _plan.Freed.Of(release.File.Number).Where(r => r < index.Count);
                var bytes = index.Without(gone);
                open.Add(Storage.Open(PathOf(name), OpenFor.Creating));
                open[^1].WriteAll(bytes, 0);
                open[^1].StartWriteback(0, bytes.Length);
            }

            open.ForEach(file => file.Flush());
        }
        finally
        {
            open.ForEach(file => file.Dispose());
        }

        _chain.EnsureLock_NeedsLock();
        foreach (var release in releases)
        {
            var path = PathOf(Names.IndexFile(release.File.Number));
            Storage.Rename(path + Names.Temporary, path);
        }
    }

    private string PathOf(string name) => Path.Combine(_chain.Path, name);
}
