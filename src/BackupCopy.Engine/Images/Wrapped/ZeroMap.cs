using System.Numerics;

namespace BackupCopy.Images.Wrapped;

/// <summary>
/// Which pieces of a stream are nothing but zeros, a bit for each piece. The pieces are 1 MiB; they double
/// whenever there are too many of them, so that the map stays small however long the stream is.
/// </summary>
internal sealed class ZeroMap
{
    private const int FirstPieceBits = 20;
    private const int MostPieces = 1 << 22;
    private const int BitsPerWord = 64;

    private int _pieceBits = FirstPieceBits;
    private ulong[] _data = new ulong[1];
    private long _length;

    /// <summary>The next bytes of the stream.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            while (_length >> _pieceBits >= MostPieces)
            {
                Coarsen();
            }

            var piece = (int)(_length >> _pieceBits);
            var pieceEnd = (piece + 1L) << _pieceBits;
            var count = (int)Math.Min(bytes.Length, pieceEnd - _length);
            if (!IsMarked(piece) && bytes[..count].ContainsAnyExcept((byte)0))
            {
                Mark(piece);
            }

            _length += count;
            bytes = bytes[count..];
        }
    }

    /// <summary>The next range that is not all zeros; false when only zeros follow.</summary>
    public bool TryNextData(long offset, long length, out long start, out long end)
    {
        start = end = length;
        if (offset >= length)
        {
            return false;
        }

        var first = Next((int)(offset >> _pieceBits), marked: true);
        if (first < 0)
        {
            return false;
        }

        var last = Next(first, marked: false);
        start = Math.Max(offset, (long)first << _pieceBits);
        end = last < 0 ? length : Math.Min(length, (long)last << _pieceBits);
        return start < end;
    }

    private bool IsMarked(int piece) =>
        piece / BitsPerWord < _data.Length && (_data[piece / BitsPerWord] >> (piece % BitsPerWord) & 1) != 0;

    private void Mark(int piece)
    {
        var word = piece / BitsPerWord;
        if (word >= _data.Length)
        {
            Array.Resize(ref _data, Math.Max(word + 1, 2 * _data.Length));
        }

        _data[word] |= 1UL << (piece % BitsPerWord);
    }

    /// <summary>The first piece from here on that is marked or is not; -1 when none follows.</summary>
    private int Next(int piece, bool marked)
    {
        for (var word = piece / BitsPerWord; word < _data.Length; word++)
        {
            var bits = marked ? _data[word] : ~_data[word];
            bits &= word == piece / BitsPerWord ? ulong.MaxValue << (piece % BitsPerWord) : ulong.MaxValue;
            if (bits != 0)
            {
                return word * BitsPerWord + BitOperations.TrailingZeroCount(bits);
            }
        }

        return marked ? -1 : Math.Max(piece, _data.Length * BitsPerWord);
    }

    private void Coarsen()
    {
        for (var piece = 0; piece < _data.Length * BitsPerWord; piece += 2)
        {
            var marked = IsMarked(piece) || IsMarked(piece + 1);
            var half = piece / 2;
            _data[half / BitsPerWord] = _data[half / BitsPerWord] & ~(1UL << (half % BitsPerWord))
                | (marked ? 1UL << (half % BitsPerWord) : 0);
        }

        // What lies behind the halved pieces was read before it was written over.
        var used = (_data.Length + 1) / 2;
        _data.AsSpan(used).Clear();
        _pieceBits++;
    }
}
