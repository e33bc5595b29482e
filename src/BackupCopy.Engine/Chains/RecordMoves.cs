using BackupCopy.Chains.Removal;
using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains;

/// <summary>
/// Records that go into a file of moved records, and the steps after which they are found there. A crash
/// between any two of them leaves each record at its old place or at its new one, both whole, and names of
/// both files by which what is not needed is found again.
/// </summary>
internal sealed class RecordMoves(Chain chain)
{
    // So many files are written before the first is flushed: what one flush commits to a file system's
    // journal, the others need not.
    private const int MostOpenFiles = 64;

    private readonly SortedDictionary<uint, Dictionary<uint, RecordPlace>> _byNumber = [];
    private readonly HashSet<uint> _left = [];

    public bool IsEmpty => _byNumber.Count == 0;

    public void Add(RecordName name, RecordPlace from, RecordPlace to)
    {
        if (!_byNumber.TryGetValue(name.File, out var places))
        {
            _byNumber.Add(name.File, places = []);
        }

        places[name.Number] = to;
        _left.Add(from.File);
    }

    /// <summary>Makes the new file durable, and both it and the files left be remembered.</summary>
    public void Seal_NeedsLock(MovedRecords to)
    {
        OldBytes.Remember_NeedsLock(chain, [.. _left, to.Number]);
        to.Seal();
    }

    /// <summary>Replaces the index of every number concerned.</summary>
    /// <param name="listed">The block files of all points.</param>
    public void Switch_NeedsLock(MovedRecords to, IReadOnlyDictionary<uint, BlockFileReference> listed)
    {
        foreach (var some in _byNumber.Chunk(MostOpenFiles))
        {
            Write(some, listed);
            chain.EnsureLock_NeedsLock();
            foreach (var (number, _) in some)
            {
                var path = Path.Combine(chain.Path, Names.IndexFile(number));
                chain.Repository.Storage.Rename(path + Names.Temporary, path);
            }
        }

        chain.Repository.Storage.FlushDirectory(chain.Path);

        // Every slot of it has a name now.
        chain.DeleteFile(Names.OldBytesFile(to.Number));
    }

    private void Write(
        IEnumerable<KeyValuePair<uint, Dictionary<uint, RecordPlace>>> some,
        IReadOnlyDictionary<uint, BlockFileReference> listed)
    {
        var open = new List<IStorageFile>();
        try
        {
            foreach (var (number, places) in some)
            {
                var name = Names.IndexFile(number) + Names.Temporary;
                chain.DeleteFile(name);
                var bytes = BlockFiles.ReadIndex(chain, listed[number]).With(places);
                open.Add(chain.Repository.Storage.Open(Path.Combine(chain.Path, name), OpenFor.Creating));
                open[^1].WriteAll(bytes, 0);
                open[^1].StartWriteback(0, bytes.Length);
            }

            open.ForEach(file => file.Flush());
        }
        finally
        {
            open.ForEach(file => file.Dispose());
        }
    }
}
