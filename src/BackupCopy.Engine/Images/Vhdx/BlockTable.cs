using System.Numerics;

namespace BackupCopy.Images.Vhdx;

/// <summary>Where the bytes of a block come from.</summary>
internal enum BlockOrigin
{
    Zeros,
    Own,
    Parent,

    /// <summary>Told sector by sector.</summary>
    Mixed,
}

/// <param name="FileOffset">Where the block lies, if it is in this file.</param>
internal readonly record struct BlockPlace(BlockOrigin Origin, long FileOffset = 0);

/// <summary>
/// The block allocation table (MS-VHDX 2.5): an entry for each payload block, and after every so many the
/// one of the bitmap block for them. Up to 512 MiB, so it is read in pages that are shared and bounded.
/// </summary>
internal sealed class BlockTable
{
    private readonly ImageFile _file;
    private readonly ImageSession _session;
    private readonly RegionTable _regions;
    private readonly Metadata _metadata;
    private readonly int _ratioShift;

    public BlockTable(ImageFile file, ImageSession session, RegionTable regions, Metadata metadata)
    {
        _file = file;
        _session = session;
        _regions = regions;
        _metadata = metadata;
        BlockShift = BitOperations.Log2((uint)metadata.BlockBytes);
        BlockCount = (metadata.SizeBytes + metadata.BlockBytes - 1) >> BlockShift;
        _ratioShift = BitOperations.Log2(
            (ulong)VhdxLimits.ChunkRatio(metadata.BlockBytes, metadata.LogicalSectorBytes));
        var entries = BlockCount == 0 ? 0
            : metadata.HasParent ? BitmapIndex((BlockCount - 1) >> _ratioShift) + 1
            : IndexOf(BlockCount - 1) + 1;
        if (entries * VhdxLimits.BatEntryBytes > regions.Bat.LengthBytes)
        {
            throw ImageError.Damaged(
                file.Path, regions.Bat.Start,
                $"its BAT has {regions.Bat.LengthBytes} bytes and needs {entries} entries");
        }

        End = regions.Bat.Start + entries * VhdxLimits.BatEntryBytes;
    }

    public int BlockShift { get; }

    public long BlockCount { get; }

    /// <summary>Where its last entry ends in the file.</summary>
    public long End { get; }

    /// <summary>
    /// The first block at or after this one whose entry is not empty; <see cref="BlockCount"/> if there is
    /// none. Holes of the table cost nothing.
    /// </summary>
    public long NextUsed(long block)
    {
        while (block < BlockCount)
        {
            _session.Cancellation.ThrowIfCancellationRequested();
            var at = _session.Pages.NextNonZero(_file, OffsetOf(block), End);
            if (at >= End)
            {
                break;
            }

            var index = (at - _regions.Bat.Start) / VhdxLimits.BatEntryBytes;
            var ratio = 1L << _ratioShift;
            var (chunk, within) = Math.DivRem(index, ratio + 1);
            if (within < ratio)
            {
                return Math.Min(BlockCount, chunk * ratio + within);
            }

            // The entry of a bitmap block says nothing of its own.
            block = (chunk + 1) * ratio;
        }

        return BlockCount;
    }

    /// <summary>Where a block comes from, with all that its entry says checked.</summary>
    public BlockPlace Locate(long block, ref BatWindow window)
    {
        var tableOffset = OffsetOf(block);
        var entry = window.EntryAt(tableOffset);
        if (entry.HasReservedBits)
        {
            throw ImageError.Damaged(_file.Path, tableOffset, "an entry of its BAT has reserved bits");
        }

        switch (entry.State)
        {
            case BlockState.NotPresent when _metadata.HasParent:
                return new BlockPlace(BlockOrigin.Parent);
            case BlockState.NotPresent or BlockState.Undefined or BlockState.Zero or BlockState.Unmapped
                or BlockState.DraftUnmapped:
                return new BlockPlace(BlockOrigin.Zeros);
            case BlockState.FullyPresent:
                return new BlockPlace(
                    BlockOrigin.Own, Place(entry, tableOffset, VisibleBytes(block)));
            case BlockState.PartiallyPresent when _metadata.HasParent:
                return new BlockPlace(
                    BlockOrigin.Mixed, Place(entry, tableOffset, VisibleBytes(block)));
            default:
                throw ImageError.Damaged(
                    _file.Path, tableOffset, $"an entry of its BAT has the state {entry.State:d}");
        }
    }

    /// <summary>Where the bitmap lies for the chunk that a block is in.</summary>
    public long LocateBitmap(long block)
    {
        var tableOffset = _regions.Bat.Start
            + BitmapIndex(block >> _ratioShift) * VhdxLimits.BatEntryBytes;
        var entry = new BatEntry(_session.Pages.ReadUInt64LittleEndian(_file, tableOffset));
        return entry.State == BlockState.FullyPresent && !entry.HasReservedBits
            ? Place(entry, tableOffset, VhdxLimits.BitmapBlockBytes)
            : throw ImageError.Damaged(
                _file.Path, tableOffset, "a block needs a sector bitmap that is not there");
    }

    public BatWindow Window(Span<byte> buffer) => new(_file, _session, End, buffer);

    public long OffsetOf(long block) =>
        _regions.Bat.Start + IndexOf(block) * VhdxLimits.BatEntryBytes;

    /// <summary>The part of a block that the disk has: the last one may be cut.</summary>
    public long VisibleBytes(long block) =>
        Math.Min(_metadata.BlockBytes, _metadata.SizeBytes - (block << BlockShift));

    private long IndexOf(long block) => block + (block >> _ratioShift);

    private long BitmapIndex(long chunk) => ((chunk + 1) << _ratioShift) + chunk;

    private long Place(BatEntry entry, long tableOffset, long lengthBytes)
    {
        if (entry.FileOffset > (ulong)_file.LengthBytes
            || lengthBytes > _file.LengthBytes - (long)entry.FileOffset)
        {
            throw ImageError.Damaged(
                _file.Path, tableOffset,
                $"a block of {lengthBytes} bytes lies at {entry.FileOffset}, "
                + $"in a file of {_file.LengthBytes}");
        }

        var offset = (long)entry.FileOffset;
        return !_regions.Space.Touches(offset, offset + lengthBytes) ? offset : throw ImageError.Damaged(
            _file.Path, tableOffset, $"a block lies at {offset}, on a structure of the file");
    }
}

/// <summary>Some entries of the table that lie next to each other, so that each costs no search.</summary>
internal ref struct BatWindow
{
    private readonly ImageFile _file;
    private readonly ImageSession _session;
    private readonly long _tableEnd;
    private readonly Span<byte> _buffer;
    private long _start = -1;
    private int _length;

    public BatWindow(ImageFile file, ImageSession session, long tableEnd, Span<byte> buffer)
    {
        _file = file;
        _session = session;
        _tableEnd = tableEnd;
        _buffer = buffer;
    }

    public BatEntry EntryAt(long tableOffset)
    {
        if (_start < 0 || tableOffset < _start || tableOffset >= _start + _length)
        {
            _session.Cancellation.ThrowIfCancellationRequested();
            _length = (int)Math.Min(_buffer.Length, _tableEnd - tableOffset);
            _session.Pages.Read(_file, tableOffset, _buffer[.._length]);
            _start = tableOffset;
        }

        return BatEntry.Read(_buffer[(int)(tableOffset - _start)..]);
    }
}
