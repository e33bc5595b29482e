using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains;

/// <summary>A run of records in one block file whose bytes are still being made.</summary>
internal readonly record struct Reservation(OpenBlockFile File, long Offset, uint FirstRecord);

/// <summary>
/// Writes the block files of one kind for one session, front to back, and seals each when it is full. Room is
/// reserved in order; the bytes may then be written from several threads at once. A file is sealed by
/// flushing it and writing its index (I-1); after an error nothing more is written.
/// </summary>
internal sealed class BlockFileWriter : IDisposable
{
    private const long WritebackStepBytes = 32L << 20;

    private readonly IStorage _storage;
    private readonly string _folder;
    private readonly BlockFileHeader _template;
    private readonly long _limitBytes;
    private readonly Func<uint> _nextNumber;
    private readonly Lock _gate = new();
    private readonly List<OpenBlockFile> _files = [];
    private OpenBlockFile? _current;

    /// <param name="template">
    /// Kind, alignment, machine, writer and birth; number and id are given per file.
    /// </param>
    /// <param name="nextNumber">Gives out a block-file number that the chain never used.</param>
    public BlockFileWriter(
        IStorage storage, string folder, BlockFileHeader template, long limitBytes, Func<uint> nextNumber)
    {
        _storage = storage;
        _folder = folder;
        _template = template;
        _limitBytes = limitBytes;
        _nextNumber = nextNumber;
    }

    /// <summary>The files begun so far.</summary>
    public IReadOnlyList<OpenBlockFile> Files => _files;

    public long WrittenBytes => _files.Sum(f => f.End);

    /// <summary>
    /// Begins a run of at most so many bytes and records in one file. Its bytes are put there at any time and
    /// in any order, and <see cref="Complete"/> is told. Callers serialise begin and the adds that follow it.
    /// </summary>
    public Reservation Begin(long mostBytes, int mostRecords)
    {
        var full = _current is not null
            && (_current.End + mostBytes > _limitBytes
                || _current.Places.Count + mostRecords > FormatLimits.RecordsOfBlockFile);
        if (full)
        {
            MarkFull(_current!);
            _current = null;
        }

        var file = _current ??= BeginFile();
        lock (_gate)
        {
            file.PendingWrites++;
            return new Reservation(file, file.End, (uint)file.Places.Count);
        }
    }

    /// <summary>Gives the next record of the run its name and room.</summary>
    public RecordName Add(Reservation reservation, int slotLength)
    {
        var file = reservation.File;
        lock (_gate)
        {
            file.Places.Add(new RecordPlace(file.Header.Number, slotLength, file.End));
            file.End += slotLength;
            return new RecordName(file.Header.Number, (uint)file.Places.Count - 1);
        }
    }

    /// <summary>Writes the slots of a reservation, one run of bytes. From any thread.</summary>
    public void Write(Reservation reservation, ReadOnlySpan<byte> slots)
    {
        reservation.File.Handle.WriteAll(slots, reservation.Offset);
        Complete(reservation);
    }

    /// <summary>All bytes of a reservation are in its file. From any thread.</summary>
    public void Complete(Reservation reservation)
    {
        var file = reservation.File;
        StartWriteback(file);
        bool seal;
        lock (_gate)
        {
            seal = --file.PendingWrites == 0 && file.IsFull;
        }

        if (seal)
        {
            SealFile(file);
        }
    }

    /// <summary>Flushes and seals everything. No write may be pending.</summary>
    public void Seal()
    {
        foreach (var file in _files.Where(f => !f.IsSealed).ToList())
        {
            SealFile(file);
        }

        _current = null;
    }

    /// <summary>
    /// Seals after an error or a stop what is whole. A file with a run that was never written is left to the
    /// next writer of the chain, who walks it.
    /// </summary>
    public void SealWhole()
    {
        foreach (var file in _files.Where(f => !f.IsSealed && f.PendingWrites == 0).ToList())
        {
            SealFile(file);
        }
    }

    public void Dispose()
    {
        foreach (var file in _files)
        {
            file.Handle.Dispose();
        }
    }

    // Starting the disk early keeps the flush at the end short; it costs nothing where it is not supported.
    // It comes before the run counts as written: the last one to write may seal and close the file.
    private void StartWriteback(OpenBlockFile file)
    {
        long from, to;
        lock (_gate)
        {
            from = file.WritebackFrom;
            to = file.End - from >= WritebackStepBytes ? file.End : from;
            file.WritebackFrom = to;
        }

        if (to > from)
        {
            file.Handle.StartWriteback(from, to - from);
        }
    }

    private void MarkFull(OpenBlockFile file)
    {
        bool seal;
        lock (_gate)
        {
            file.IsFull = true;
            seal = file.PendingWrites == 0;
        }

        if (seal)
        {
            SealFile(file);
        }
    }

    private void SealFile(OpenBlockFile file)
    {
        lock (_gate)
        {
            if (file.IsSealed)
            {
                return;
            }

            file.IsSealed = true;
        }

        Flush(file);
        var index = IndexFile.Write(
            file.Header.Number, generation: 1, file.Header.FileId, file.End, file.Places);
        _storage.Replace(Path.Combine(_folder, Names.IndexFile(file.Header.Number)), index);
        file.Handle.Dispose();
    }

    // After a failed flush the system may show bytes that will never reach the disk: nobody may believe them
    // later.
    private static void Flush(OpenBlockFile file)
    {
        try
        {
            file.Handle.Flush();
        }
        catch (BackupCopyException)
        {
            try
            {
                file.Handle.SetLength(0);
            }
            catch (BackupCopyException)
            {
                // Storage that fails here as well fails the next session too.
            }

            throw;
        }
    }

    private OpenBlockFile BeginFile()
    {
        var header = _template with { Number = _nextNumber(), FileId = Guid.NewGuid() };
        var handle = _storage.Open(Path.Combine(_folder, Names.BlockFile(header.Number)), OpenFor.Creating);
        var front = new byte[FormatLimits.AlignUp(BlockFileHeader.Size, header.Alignment)];
        header.Write(front);
        handle.WriteAll(front, 0);
        var file = new OpenBlockFile(header, handle) { End = front.Length };
        lock (_gate)
        {
            _files.Add(file);
        }

        return file;
    }
}

/// <summary>A block file while its session writes it.</summary>
internal sealed class OpenBlockFile(BlockFileHeader header, IStorageFile handle)
{
    public BlockFileHeader Header { get; } = header;

    public IStorageFile Handle { get; } = handle;

    public List<RecordPlace> Places { get; } = [];

    public long End { get; set; }

    public int PendingWrites { get; set; }

    public bool IsFull { get; set; }

    public bool IsSealed { get; set; }

    public long WritebackFrom { get; set; }

    public BlockFileReference Reference =>
        new(Header.Number, Header.Kind, Header.FileId, Header.BirthSequence, 0);
}
