using BackupCopy.Blocks;
using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains;

/// <summary>A record that verifies, found without an index.</summary>
/// <param name="Header">With the true digest, also of a sealed record.</param>
/// <param name="Slot">Its bytes, until the next one is asked for; opened if it is sealed.</param>
internal readonly record struct FoundRecord(
    RecordPlace Place, RecordHeader Header, ReadOnlyMemory<byte> Slot);

/// <summary>
/// Finds every record of a block file that still verifies: at each step of the alignment, over damage, holes
/// and what cannot be read. What a repair calls for; a crash leaves nothing behind the first bad record.
/// </summary>
internal sealed class RecordScan
{
    private const int WindowBytes = 16 << 20;
    private const int Sector = FormatLimits.PageAlignment;

    private readonly IStorageFile _file;
    private readonly byte[] _window;
    private readonly int _alignment;
    private long _start;
    private int _filled;

    private RecordScan(IStorageFile file, int alignment)
    {
        _file = file;
        _alignment = alignment;
        _window = new byte[Math.Min(
            WindowBytes, (int)FormatLimits.AlignUp(Math.Min(file.Length, WindowBytes), Sector))];
    }

    /// <summary>All that verify, in the order of their places. A file that is missing has none.</summary>
    public static IEnumerable<FoundRecord> Of(
        Chain chain, uint number, BlockFileKind kind, int alignment, RecordStore store,
        CancellationToken cancellation)
    {
        using var file = chain.Repository.Storage.OpenIfThere(
            Path.Combine(chain.Path, Names.BlockFile(number)));
        if (file is null)
        {
            yield break;
        }

        var scan = new RecordScan(file, alignment);
        foreach (var found in scan.Run(number, kind, store, cancellation))
        {
            yield return found;
        }
    }

    private IEnumerable<FoundRecord> Run(
        uint number, BlockFileKind kind, RecordStore store, CancellationToken cancellation)
    {
        var record = kind == BlockFileKind.Data ? RecordKind.Block : RecordKind.MapNode;
        var length = _file.Length;
        for (var at = FormatLimits.AlignUp(BlockFileHeader.Size, _alignment); at < length;)
        {
            cancellation.ThrowIfCancellationRequested();
            if (!Holds(at, RecordHeader.Layout.Size, length))
            {
                at = FormatLimits.AlignUp(at + 1, Math.Max(Sector, _alignment));
                continue;
            }

            if (TryHeader(at) is not { } header
                || !Holds(at, RecordHeader.SlotLength(header.StoredLength, _alignment), length)
                || TryVerify(at, header, number, record, store) is not { } found)
            {
                at = NextMagic(at + _alignment);
                continue;
            }

            yield return found;
            at += found.Place.SlotLength;
        }
    }

    private RecordHeader? TryHeader(long at)
    {
        try
        {
            return RecordHeader.Read(_window.AsSpan((int)(at - _start), RecordHeader.Layout.Size), "", at);
        }
        catch (BackupCopyException)
        {
            return null;
        }
    }

    private FoundRecord? TryVerify(
        long at, RecordHeader header, uint number, RecordKind kind, RecordStore store)
    {
        var place = new RecordPlace(number, RecordHeader.SlotLength(header.StoredLength, _alignment), at);
        var slot = _window.AsMemory((int)(at - _start), place.SlotLength);
        try
        {
            return new FoundRecord(place, store.Verify(slot.Span, place, kind), slot);
        }
        catch (BackupCopyException error)
            when (error.Code is ErrorCode.DamagedFile or ErrorCode.DamagedRecord)
        {
            return null;
        }
    }

    // What the window holds already is passed in one go; headers begin with the same four bytes.
    private long NextMagic(long at)
    {
        while (at + sizeof(uint) <= _start + _filled
            && System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(
                _window.AsSpan((int)(at - _start))) != RecordHeader.Magic)
        {
            at += _alignment;
        }

        return at;
    }

    /// <summary>Makes the window hold this range; false where it cannot be read or ends.</summary>
    private bool Holds(long at, int count, long length)
    {
        if (at + count > length)
        {
            return false;
        }

        if (at >= _start && at + count <= _start + _filled)
        {
            return true;
        }

        if (!TryFill(at, _window.Length) && !TryFill(at, count))
        {
            return false;
        }

        return _filled >= count;
    }

    private bool TryFill(long at, int count)
    {
        try
        {
            _start = at;
            _filled = 0;
            _filled = _file.ReadUpTo(_window.AsSpan(0, Math.Min(count, _window.Length)), at);
            return true;
        }
        catch (BackupCopyException error) when (StoredDamage.IsUnreadable(error.Code))
        {
            // A sector that cannot be read: what does not touch it is found all the same.
            return false;
        }
    }
}
