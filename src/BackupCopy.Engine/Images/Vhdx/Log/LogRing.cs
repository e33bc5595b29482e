using System.Buffers.Binary;

namespace BackupCopy.Images.Vhdx.Log;

/// <summary>
/// The bytes of the log, which goes round, and the entries in it. Each sector is looked at once for an
/// entry; entries that lie on each other are a trap that would cost the square of the log, and are refused.
/// </summary>
internal sealed class LogRing(
    ImageFile file, StructureRange range, Guid logId, CancellationToken cancellation)
{
    // What old and new entries may cover twice where the log went round, with room to spare.
    private const int MostCover = 4;

    private readonly LogEntry?[] _entries = new LogEntry?[range.LengthBytes / LogEntry.SectorBytes];
    private readonly bool[] _isKnown = new bool[range.LengthBytes / LogEntry.SectorBytes];
    private long _checkedBytes;

    public long LengthBytes => range.LengthBytes;

    public ImageFile File => file;

    /// <summary>Where a position of the ring lies in the file.</summary>
    public long OffsetOf(long position) => range.Start + position % range.LengthBytes;

    /// <summary>The whole entry that begins there, null where there is none.</summary>
    public LogEntry? EntryAt(long position)
    {
        var sector = position / LogEntry.SectorBytes;
        if (!_isKnown[sector])
        {
            _entries[sector] = Find(position);
            _isKnown[sector] = true;
        }

        return _entries[sector];
    }

    /// <summary>Where the log holds anything from this position on; its end if it does not.</summary>
    public long NextUsed(long position)
    {
        var offset = range.Start + position;
        if (!file.TryNextData(offset, out var start, out _) || start >= range.End)
        {
            return range.LengthBytes;
        }

        return Math.Max(position, (start - range.Start) / LogEntry.SectorBytes * LogEntry.SectorBytes);
    }

    private LogEntry? Find(long position)
    {
        Span<byte> sector = stackalloc byte[LogEntry.SectorBytes];
        file.Read(OffsetOf(position), sector[..LogEntry.HeaderBytes]);
        if (!LogEntry.TryRead(sector, position, LengthBytes, logId, out var entry))
        {
            return null;
        }

        cancellation.ThrowIfCancellationRequested();
        _checkedBytes += entry.LengthBytes;
        if (_checkedBytes > MostCover * LengthBytes)
        {
            throw ImageError.Damaged(
                file.Path, OffsetOf(position), "the entries of its log lie on each other");
        }

        file.Read(OffsetOf(position), sector);
        var stored = BinaryPrimitives.ReadUInt32LittleEndian(sector[Crc32C.ChecksumOffset..]);
        var state = Crc32C.Continue(Crc32C.Begin(sector), sector[(Crc32C.ChecksumOffset + 4)..]);
        for (long done = sector.Length; done < entry.LengthBytes; done += sector.Length)
        {
            file.Read(OffsetOf(position + done), sector);
            state = Crc32C.Continue(state, sector);
        }

        return ~state == stored ? entry : null;
    }
}
