using BackupCopy.Images.Vhdx.Log;

namespace BackupCopy.Images.Vhdx;

/// <summary>
/// A VHDX disk (MS-VHDX): fixed, dynamic or differencing, also one that was not closed. Blocks that lie next
/// to each other in the file are read at once; holes that the file itself has are passed by.
/// </summary>
internal sealed class VhdxDisk : VirtualDisk
{
    /// <summary>What one call looks at before it returns what it has.</summary>
    private const int MostPieces = 1024;

    private const long LongestRange = 1L << 30;
    private const int WalkWindowBytes = 4096;
    private const int ReadWindowBytes = 64;

    private readonly ImageFile _file;
    private readonly ImageSession _session;
    private readonly Metadata _metadata;
    private readonly BlockTable _blocks;
    private readonly BlockClaims _claims;
    private readonly VhdxDisk? _parent;
    private readonly Guid _dataWriteId;
    private ParentData? _parentData;

    private VhdxDisk(
        ImageFile file, ImageSession session, VhdxHeader header, Metadata metadata, BlockTable blocks,
        VhdxDisk? parent)
    {
        _file = file;
        _session = session;
        _metadata = metadata;
        _blocks = blocks;
        _claims = new BlockClaims(file);
        _parent = parent;
        _dataWriteId = header.DataWriteId;
    }

    public override ImageFormat Format => ImageFormat.Vhdx;

    public override long SizeBytes => _metadata.SizeBytes;

    public static VhdxDisk Open(ImageFile file, ImageSession session, ImageLineage lineage)
    {
        var header = VhdxHeader.Current(file);
        StructureRange? log = null;
        if (header.LogLengthBytes > 0)
        {
            log = StructureRange.TryMake(file, header.LogOffset, header.LogLengthBytes, out var range)
                ? range
                : throw ImageError.Damaged(
                    file.Path, VhdxHeader.FirstOffset,
                    $"its log begins at {header.LogOffset} and has {header.LogLengthBytes} bytes, "
                    + $"in a file of {file.LengthBytes}");
        }

        var replayed = LogReplay.Apply(file, header, log, session.Cancellation);
        var regions = RegionTable.Read(replayed, log);
        var metadata = Metadata.Read(replayed, regions.Metadata);
        var blocks = new BlockTable(replayed, session, regions, metadata);
        var parent = metadata.Parent is { } locator
            ? OpenParent(file, session, lineage, locator, metadata) : null;
        return new VhdxDisk(replayed, session, header, metadata, blocks, parent);
    }

    public override void Read(long offset, Span<byte> to)
    {
        var window = _blocks.Window(stackalloc byte[ReadWindowBytes]);
        while (to.Length > 0)
        {
            var block = offset >> _blocks.BlockShift;
            var within = offset & (_metadata.BlockBytes - 1);
            var place = _blocks.Locate(block, ref window);
            var length = Math.Min(to.Length, _metadata.BlockBytes - within);
            var next = place;
            while (length < to.Length)
            {
                next = Following(next);
                if (_blocks.Locate(++block, ref window) != next)
                {
                    break;
                }

                length = Math.Min(to.Length, length + _metadata.BlockBytes);
            }

            ReadPlace(place, offset, within, to[..(int)length]);
            offset += length;
            to = to[(int)length..];
        }
    }

    public override bool TryNextData(long offset, out long start, out long end)
    {
        if (!TryNextPiece(offset, out start, out end))
        {
            return false;
        }

        for (var pieces = 1; pieces < MostPieces && end - start < LongestRange && end < SizeBytes; pieces++)
        {
            if (!TryNextPiece(end, out var nextStart, out var nextEnd) || nextStart != end)
            {
                break;
            }

            end = nextEnd;
        }

        return true;
    }

    // The next range of one origin that may hold data.
    private bool TryNextPiece(long offset, out long start, out long end)
    {
        var window = _blocks.Window(stackalloc byte[WalkWindowBytes]);
        (start, end) = (offset, offset);
        while (end < SizeBytes)
        {
            var block = end >> _blocks.BlockShift;
            if (_parent is null)
            {
                block = _blocks.NextUsed(block);
                if (block >= _blocks.BlockCount)
                {
                    return false;
                }
            }

            start = Math.Max(end, block << _blocks.BlockShift);
            var place = _blocks.Locate(block, ref window);
            if (place.Origin == BlockOrigin.Parent)
            {
                if (TryParentPiece(block, ref start, out end, ref window))
                {
                    return true;
                }

                continue;
            }

            end = RunEnd(block, place, ref window);
            if (place.Origin == BlockOrigin.Mixed
                || (place.Origin == BlockOrigin.Own && TryOwnPiece(place, block, ref start, ref end)))
            {
                return true;
            }
        }

        return false;
    }

    // Blocks that lie one after the other in the file. Those without bytes of their own just follow.
    private long RunEnd(long block, BlockPlace place, ref BatWindow window)
    {
        var most = Math.Min(_blocks.BlockCount, block + MostPieces);
        do
        {
            if (place.Origin is BlockOrigin.Own or BlockOrigin.Mixed)
            {
                _claims.Claim(
                    block, place.FileOffset, _blocks.VisibleBytes(block), _blocks.OffsetOf(block));
            }

            place = Following(place);
            block++;
        }
        while (place.Origin != BlockOrigin.Mixed && block < most
            && _blocks.Locate(block, ref window) == place);
        return Math.Min(SizeBytes, block << _blocks.BlockShift);
    }

    private BlockPlace Following(BlockPlace place) => place.Origin is BlockOrigin.Own or BlockOrigin.Mixed
        ? place with { FileOffset = place.FileOffset + _metadata.BlockBytes } : place;

    // Cuts what the file has as a hole; false and the end when nothing is left.
    private bool TryOwnPiece(BlockPlace place, long block, ref long start, ref long end)
    {
        var toFile = place.FileOffset - (block << _blocks.BlockShift);
        if (!_file.TryNextData(start + toFile, out var data, out var hole) || data - toFile >= end)
        {
            return false;
        }

        start = Math.Max(start, data - toFile);
        end = Math.Min(end, hole - toFile);
        return true;
    }

    private bool TryParentPiece(long block, ref long start, out long end, ref BatWindow window)
    {
        var (dataStart, dataEnd) = NextOfParent(start);
        var last = Math.Min(_blocks.BlockCount, ((dataEnd - 1) >> _blocks.BlockShift) + 1);
        for (block++; block < last; block++)
        {
            if (_blocks.NextUsed(block) is var used && used > block)
            {
                block = Math.Min(used, last) - 1;
            }
            else if (_blocks.Locate(block, ref window).Origin != BlockOrigin.Parent)
            {
                break;
            }
        }

        end = Math.Min(dataEnd, block << _blocks.BlockShift);
        start = Math.Max(start, dataStart);
        return start < end;
    }

    // Kept, since blocks of this file may lie in a wide gap of the parent, where each asks for its end again.
    private ParentData NextOfParent(long offset)
    {
        if (Volatile.Read(ref _parentData) is { } known && offset >= known.From && offset < known.End)
        {
            return known;
        }

        var next = offset < _parent!.SizeBytes && _parent.TryNextData(offset, out var start, out var end)
            && start < SizeBytes
            ? new ParentData(offset, start, Math.Min(end, SizeBytes))
            : new ParentData(offset, SizeBytes, SizeBytes);
        Volatile.Write(ref _parentData, next);
        return next;
    }

    private void ReadPlace(BlockPlace place, long offset, long within, Span<byte> to)
    {
        switch (place.Origin)
        {
            case BlockOrigin.Own:
                _file.Read(place.FileOffset + within, to);
                break;
            case BlockOrigin.Parent:
                ReadParent(offset, to);
                break;
            case BlockOrigin.Mixed:
                ReadMixed(place, offset, within, to);
                break;
            default:
                to.Clear();
                break;
        }
    }

    private void ReadParent(long offset, Span<byte> to)
    {
        // A child may be larger than its parent, which then has zeros there.
        var inside = (int)Math.Clamp(_parent!.SizeBytes - offset, 0, to.Length);
        if (inside > 0)
        {
            _parent.Read(offset, to[..inside]);
        }

        to[inside..].Clear();
    }

    private void ReadMixed(BlockPlace place, long offset, long within, Span<byte> to)
    {
        var sectorBytes = _metadata.LogicalSectorBytes;
        while (to.Length > 0)
        {
            // A run of blocks may go on into the next chunk.
            var block = offset >> _blocks.BlockShift;
            var blockEnd = (block + 1) << _blocks.BlockShift;
            var skip = (int)(offset % sectorBytes);
            var wanted = (Math.Min(to.Length, blockEnd - offset) + skip + sectorBytes - 1) / sectorBytes;
            var sector = offset / sectorBytes % VhdxLimits.SectorsPerChunk;
            var run = SectorBitmap.Run(
                _file, _session.Pages, _blocks.LocateBitmap(block), sector, wanted, out var isOwn);
            var length = (int)Math.Min(to.Length, run * sectorBytes - skip);
            if (isOwn)
            {
                _file.Read(place.FileOffset + within, to[..length]);
            }
            else
            {
                ReadParent(offset, to[..length]);
            }

            offset += length;
            within += length;
            to = to[length..];
        }
    }

    private static VhdxDisk OpenParent(
        ImageFile file, ImageSession session, ImageLineage lineage, ParentLocator locator,
        Metadata metadata)
    {
        var parentFile = locator.Open(file, session);
        var parent = ImageFormats.OpenDisk(
            parentFile, session, lineage.Into(parentFile), isRaw: false) as VhdxDisk
            ?? throw ImageError.Damaged(file.Path, 0, $"its parent {parentFile.Path} is not a VHDX");
        if (parent._dataWriteId != locator.Linkage && parent._dataWriteId != locator.Linkage2)
        {
            throw ImageError.Damaged(
                file.Path, 0,
                $"its parent {parentFile.Path} was changed after it, or is another disk");
        }

        return parent._metadata.LogicalSectorBytes == metadata.LogicalSectorBytes
            ? parent
            : throw ImageError.Damaged(
                file.Path, 0, $"its parent {parentFile.Path} has sectors of another size");
    }

    /// <summary>Nothing lies between From and Start.</summary>
    private sealed record ParentData(long From, long Start, long End)
    {
        public void Deconstruct(out long start, out long end) => (start, end) = (Start, End);
    }
}
