using System.Buffers.Binary;
using System.Numerics;

namespace BackupCopy.Images.Vhd;

/// <summary>
/// Where a dynamic or differencing disk keeps its sectors: a table of blocks, and ahead of each block a bit
/// for each of its sectors. Sectors without their bit were never written in this file.
/// </summary>
/// <param name="absent">What sectors are that this file does not hold.</param>
internal sealed class VhdBlocks(ImageFile file, ImagePages pages, VhdHeader header, RunKind absent)
{
    private const uint Unused = 0xffffffff;
    private const int SectorBytes = 512;

    /// <summary>A sector of bits, those of the 2 MiB that a block has mostly.</summary>
    private const int BitmapPieceBytes = 512;

    private BitmapPiece? _last;

    public DiskRun Find(long offset, long most)
    {
        var block = offset / header.BlockBytes;
        var entryOffset = header.TableOffset + block * sizeof(uint);
        var entry = pages.ReadUInt32BigEndian(file, entryOffset);
        if (entry == Unused)
        {
            var last = (offset + most - 1) / header.BlockBytes;
            var next = NextUsed(block + 1, last + 1);
            return new DiskRun(absent, Math.Min(most, next * header.BlockBytes - offset));
        }

        var blockOffset = (long)entry * SectorBytes;
        EnsureApart(blockOffset, entryOffset);
        var within = offset % header.BlockBytes;
        most = Math.Min(most, header.BlockBytes - within);
        var (isStored, length) = FindSectors(blockOffset, within, most);
        return isStored
            ? new DiskRun(
                RunKind.Stored, length, file, blockOffset + header.BitmapBytes + within, entryOffset)
            : new DiskRun(absent, length);
    }

    /// <summary>The first block with an entry from one block to before another; the other if none.</summary>
    private long NextUsed(long from, long to)
    {
        Span<byte> entries = stackalloc byte[4096];
        while (from < to)
        {
            var part = entries[..(int)Math.Min(entries.Length, (to - from) * sizeof(uint))];
            pages.Read(file, header.TableOffset + from * sizeof(uint), part);
            var found = part.IndexOfAnyExcept((byte)0xff);
            if (found >= 0)
            {
                return from + found / sizeof(uint);
            }

            from += part.Length / sizeof(uint);
        }

        return to;
    }

    // A table of zeros, as a lost piece of the file reads, would lead to the footer's copy.
    private void EnsureApart(long blockOffset, long entryOffset)
    {
        var end = blockOffset + header.BitmapBytes + header.BlockBytes;
        var tableEnd = header.TableOffset + header.BlockCount * (long)sizeof(uint);
        if (blockOffset < SectorBytes || (blockOffset < tableEnd && end > header.TableOffset)
            || (blockOffset < header.Offset + VhdHeader.SizeBytes && end > header.Offset))
        {
            throw ImageError.Damaged(
                file.Path, entryOffset, $"a block is said to lie at {blockOffset}, where the tables are");
        }
    }

    private (bool IsStored, long Length) FindSectors(long blockOffset, long within, long most)
    {
        var sector = within / SectorBytes;
        var piece = sector / 8 / BitmapPieceBytes * BitmapPieceBytes;
        var bits = GetBitmap(blockOffset + piece).AsSpan((int)(sector / 8 - piece));
        var sectors = SameBits(bits, (int)(sector % 8), out var isSet);
        return (isSet, Math.Min(most, sectors * (long)SectorBytes - within % SectorBytes));
    }

    private byte[] GetBitmap(long offset)
    {
        var last = Volatile.Read(ref _last);
        if (last?.Offset != offset)
        {
            last = new BitmapPiece(offset, new byte[BitmapPieceBytes]);
            file.Read(offset, last.Bits);
            Volatile.Write(ref _last, last);
        }

        return last.Bits;
    }

    /// <summary>How many bits are the same from one of the first byte on; the highest comes first.</summary>
    private static int SameBits(ReadOnlySpan<byte> bits, int first, out bool isSet)
    {
        isSet = (bits[0] & (0x80 >> first)) != 0;
        var same = isSet ? (byte)0xff : (byte)0;
        var head = (byte)((bits[0] ^ same) << first);
        if (head != 0)
        {
            return LeadingZeros(head);
        }

        var whole = bits[1..].IndexOfAnyExcept(same);
        return whole < 0
            ? 8 * bits.Length - first
            : 8 - first + 8 * whole + LeadingZeros((byte)(bits[1 + whole] ^ same));
    }

    private static int LeadingZeros(byte value) => BitOperations.LeadingZeroCount(value) - 24;

    private sealed record BitmapPiece(long Offset, byte[] Bits);
}
