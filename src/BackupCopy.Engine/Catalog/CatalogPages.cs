using BackupCopy.Storage;

namespace BackupCopy.Catalog;

/// <summary>
/// The catalog file as pages: read from disk and verified one by one, changed in memory, and made durable all
/// or none by <see cref="Commit_NeedsLock"/>. LiteDB's own write-ahead log is not used for that: it begins to
/// write the data file before its log is flushed, has no checksums, and never returns when the disk is full.
/// Reading writes nothing, also when a change by a process that died has to be read from the journal.
/// </summary>
internal sealed class CatalogPages : IDisposable
{
    private readonly IStorage _storage;
    private readonly string _path;
    private readonly CatalogJournal _journal;
    private readonly SortedDictionary<uint, byte[]> _changed = [];
    private IStorageFile? _file;

    public CatalogPages(IStorage storage, string path, bool isWriting)
    {
        _storage = storage;
        _path = path;
        _journal = new CatalogJournal(storage, path + CatalogFiles.JournalSuffix);
        try
        {
            Open(isWriting);
        }
        catch (BackupCopyException error)
        {
            _file?.Dispose();
            if (CatalogError.IsStorage(error))
            {
                throw CatalogError.Unavailable(path, error);
            }

            throw;
        }
    }

    /// <summary>The number of pages, 0 while the catalog does not exist.</summary>
    public long Count { get; private set; }

    public void Read(uint number, Span<byte> page)
    {
        if (_changed.TryGetValue(number, out var changed))
        {
            changed.CopyTo(page);
            return;
        }

        var offset = (long)number * CatalogPage.SizeBytes;
        try
        {
            if (_file is null || _file.ReadUpTo(page, offset) != page.Length)
            {
                throw CatalogError.Damaged(_path, $"it ends before the page at offset {offset}");
            }
        }
        catch (BackupCopyException error) when (CatalogError.IsStorage(error))
        {
            throw CatalogError.Unavailable(_path, error);
        }

        if (!CatalogPage.TryUnseal(page, number))
        {
            throw CatalogError.Damaged(_path, number == 0
                ? "its first page has a wrong checksum, or it is not a catalog"
                : $"the page at offset {offset} has a wrong checksum");
        }
    }

    public void Write(uint number, ReadOnlySpan<byte> page)
    {
        _changed[number] = page.ToArray();
        Count = Math.Max(Count, number + 1L);
    }

    public void Commit_NeedsLock()
    {
        if (_changed.Count == 0)
        {
            return;
        }

        foreach (var (number, page) in _changed)
        {
            CatalogPage.Seal(page, number);
        }

        try
        {
            Commit();
        }
        catch (BackupCopyException error) when (CatalogError.IsStorage(error))
        {
            throw CatalogError.Unavailable(_path, error);
        }
    }

    public void Dispose() => _file?.Dispose();

    private void Open(bool isWriting)
    {
        if (_storage.FileExists(_path))
        {
            _file = _storage.Open(_path, isWriting ? OpenFor.Changing : OpenFor.Reading);
        }

        // The file's name was durable before the journal: where it is missing somebody took it away, and the
        // journal finishes nothing.
        if (_file is not null && _journal.ReadPending() is { } pending)
        {
            Finish(pending, isWriting);
        }
        else if (_file is { Length: 0 } && _journal.IsDone())
        {
            throw CatalogError.Damaged(_path, "it was emptied");
        }

        Count = Math.Max((_file?.Length ?? 0) / CatalogPage.SizeBytes, Count);
        CheckLength();
    }

    /// <summary>Takes over the change of a process that died after its journal was durable.</summary>
    private void Finish(SortedDictionary<uint, byte[]> pending, bool isWriting)
    {
        if (isWriting)
        {
            Apply(pending);
            return;
        }

        foreach (var (number, page) in pending)
        {
            _ = CatalogPage.TryUnseal(page, number);
            Write(number, page);
        }
    }

    private void CheckLength()
    {
        if (Count == 0)
        {
            if (_file is { Length: > 0 })
            {
                throw CatalogError.Damaged(_path, $"it has only {_file.Length} bytes");
            }

            return;
        }

        var header = new byte[CatalogPage.SizeBytes];
        Read(0, header);
        var used = CatalogPage.UsedPages(header);
        if (used > Count)
        {
            var length = Count * CatalogPage.SizeBytes;
            throw CatalogError.Damaged(
                _path, $"it is cut short at {length} of {used * CatalogPage.SizeBytes} bytes");
        }
    }

    private void Commit()
    {
        CreateIfMissing();

        // Pages behind the end are nobody's until the journal is durable. Writing them first takes their
        // space, so that a full disk shows before the change is made and not after. A new file stays empty
        // until then.
        var end = (uint)(_file!.Length / CatalogPage.SizeBytes);
        if (end > 0)
        {
            WritePages(_changed.Where(page => page.Key >= end));
        }

        _journal.Write(_changed);
        try
        {
            Apply(end > 0 ? _changed.Where(page => page.Key < end) : _changed);
        }
        catch (BackupCopyException error) when (CatalogError.IsStorage(error))
        {
            // The change is made and durable: readers take it from the journal, the next writer finishes it.
        }
    }

    private void Apply(IEnumerable<KeyValuePair<uint, byte[]>> pages)
    {
        WritePages(pages);
        _file!.Flush();
        _journal.MarkDone();
    }

    private void WritePages(IEnumerable<KeyValuePair<uint, byte[]>> pages)
    {
        foreach (var (number, page) in pages)
        {
            _file!.WriteAll(page, (long)number * CatalogPage.SizeBytes);
        }
    }

    private void CreateIfMissing()
    {
        if (_file is null)
        {
            _file = _storage.Open(_path, OpenFor.Creating);
            _storage.FlushDirectory(Path.GetDirectoryName(_path)!);
        }
    }
}
