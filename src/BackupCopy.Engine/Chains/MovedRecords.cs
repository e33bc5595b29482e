using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains;

/// <summary>
/// Writes records that move to another place: into files of their own, whose index is empty since the records
/// keep their names. Nothing reads them there before <see cref="Switch"/>; a crash before leaves garbage,
/// a crash after leaves old bytes. Needs the append lock throughout.
/// </summary>
internal sealed class MovedRecords : IDisposable
{
    private readonly Chain _chain;
    private readonly BlockFileHeader _header;
    private readonly IStorageFile _file;
    private bool _isSealed;

    private MovedRecords(Chain chain, BlockFileHeader header, IStorageFile file)
    {
        _chain = chain;
        _header = header;
        _file = file;
        End = FormatLimits.AlignUp(BlockFileHeader.Size, header.Alignment);
    }

    public uint Number => _header.Number;

    public int Alignment => _header.Alignment;

    /// <summary>The origin of records that are made anew in it.</summary>
    public Guid FileId => _header.FileId;

    /// <summary>Where the next record goes.</summary>
    public long End { get; private set; }

    /// <param name="number">One that the chain never gave out.</param>
    /// <param name="birthSequence">
    /// At most that of a published point: an unfinished one would take the file for its own.
    /// </param>
    public static MovedRecords Begin_NeedsLock(
        Chain chain, uint number, BlockFileKind kind, long birthSequence, Guid machineId, DateTime createdUtc)
    {
        var header = new BlockFileHeader
        {
            Kind = kind,
            Number = number,
            Alignment = kind == BlockFileKind.Map
                ? FormatLimits.SmallAlignment : chain.Repository.File.AlignmentBytes,
            BirthSequence = birthSequence,
            FileId = Guid.NewGuid(),
            MachineId = machineId,
            WriterId = Guid.NewGuid(),
            CreatedUtc = createdUtc,
        };
        var file = chain.Repository.Storage.Open(
            Path.Combine(chain.Path, Names.BlockFile(number)), OpenFor.Creating);
        var moved = new MovedRecords(chain, header, file);
        try
        {
            var front = new byte[moved.End];
            header.Write(front);
            file.WriteAll(front, 0);
            return moved;
        }
        catch
        {
            moved.Dispose();
            throw;
        }
    }

    /// <summary>Gives a slot of this length its place; in order, one at a time.</summary>
    public RecordPlace Reserve(int slotLength)
    {
        var place = new RecordPlace(Number, slotLength, End);
        End += slotLength;
        return place;
    }

    /// <summary>Writes slots at a reserved place, several neighbours at once. From any thread.</summary>
    public void Write(RecordPlace first, ReadOnlySpan<byte> slots) => _file.WriteAll(slots, first.Offset);

    /// <summary>A hint that what lies there will be flushed soon.</summary>
    public void StartWriteback(long offset, long length) => _file.StartWriteback(offset, length);

    public RecordPlace Add(ReadOnlySpan<byte> slot)
    {
        var place = Reserve(slot.Length);
        Write(place, slot);
        return place;
    }

    /// <summary>Makes the file durable; indexes may name it from then on.</summary>
    public void Seal()
    {
        _file.Flush();
        _chain.Repository.Storage.Replace(
            Path.Combine(_chain.Path, Names.IndexFile(Number)),
            IndexFile.Write(Number, generation: 1, _header.FileId, End, []));
        _chain.Repository.Storage.FlushDirectory(_chain.Path);
        _isSealed = true;
    }

    /// <summary>
    /// Replaces the index of a number: from here on its records are found where they moved to, by all points
    /// at once.
    /// </summary>
    public static void Switch(
        Chain chain, IndexFile index, IEnumerable<KeyValuePair<uint, RecordPlace>> moved)
    {
        chain.EnsureLock_NeedsLock();
        chain.Repository.Storage.Replace(
            Path.Combine(chain.Path, Names.IndexFile(index.Number)), index.With(moved));
        chain.Repository.Storage.FlushDirectory(chain.Path);
    }

    /// <summary>A file that was not sealed is deleted.</summary>
    public void Dispose()
    {
        _file.Dispose();
        if (_isSealed)
        {
            return;
        }

        try
        {
            KeepNumber();
            _chain.DeleteFile(Names.BlockFile(Number));
            _chain.DeleteFile(Names.IndexFile(Number));
        }
        catch (BackupCopyException)
        {
            // The error that ended the work is the one to report; garbage goes with the next removal.
        }
    }

    private void KeepNumber()
    {
        try
        {
            HighWater.Of(_chain, []).Keep();
        }
        catch (BackupCopyException error) when (error.Code == ErrorCode.TargetFull)
        {
            // No index ever named the number: room is worth more.
        }
    }
}
