using System.Numerics;

namespace BackupCopy.Images.Vhdx;

/// <summary>
/// Which sectors of a chunk are in this file (MS-VHDX 2.5): bit 0 of byte 0 is the first of them.
/// </summary>
internal static class SectorBitmap
{
    /// <summary>How many sectors from this one have the same origin.</summary>
    /// <param name="bitmapOffset">Where the bitmap block lies.</param>
    /// <param name="sector">Counted from the beginning of the chunk.</param>
    /// <param name="most">More are not looked at; they are within the chunk.</param>
    public static long Run(
        ImageFile file, ImagePages pages, long bitmapOffset, long sector, long most, out bool isOwn)
    {
        Span<byte> buffer = stackalloc byte[256];
        long run = 0;
        isOwn = false;
        while (run < most)
        {
            var at = sector + run;
            var last = sector + most - 1;
            var bytes = buffer[..(int)Math.Min(buffer.Length, (last >> 3) - (at >> 3) + 1)];
            pages.Read(file, bitmapOffset + (at >> 3), bytes);
            if (run == 0)
            {
                isOwn = (bytes[0] >> (int)(at & 7) & 1) != 0;
            }

            var same = CountSame(bytes, (int)(at & 7), isOwn);
            run += same;
            if (same < bytes.Length * 8 - (int)(at & 7))
            {
                break;
            }
        }

        return Math.Min(run, most);
    }

    private static int CountSame(ReadOnlySpan<byte> bits, int first, bool isSet)
    {
        // What differs becomes 1.
        var flip = isSet ? 0xff : 0;
        var head = (bits[0] ^ flip) >> first;
        if (head != 0)
        {
            return BitOperations.TrailingZeroCount(head);
        }

        var whole = bits[1..].IndexOfAnyExcept((byte)flip);
        if (whole < 0)
        {
            return bits.Length * 8 - first;
        }

        return 8 - first + whole * 8 + BitOperations.TrailingZeroCount(bits[1 + whole] ^ flip);
    }
}
