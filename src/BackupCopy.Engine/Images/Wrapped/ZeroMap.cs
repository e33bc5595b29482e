using System.Numerics;

namespace BackupCopy.Images.Wrapped;

/// <summary>
/// Which pieces of a stream are nothing but zeros, a bit for each piece. The pieces are 1 MiB; they double
/// whenever there are too many of them, so that the map stays small however long the stream is.
/// </summary>
/// <param name="mostPieces">512 KiB of bits, which is enough for 4 TiB before the pieces double.</param>
internal sealed class ZeroMap(int mostPieces = 1 << 22)
{
    private const int FirstPieceBits = 20;
    private const int BitsPerWord = 64;

    private int _pieceBits = FirstPieceBits;
    private ulong[] _data = new ulong[1];
    private long _length;

    /// <summary>The next bytes of the stream.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            while (_length >> _pieceBits >= mostPieces)
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
        var fine = _data;
        _data = new ulong[(fine.Length + 1) / 2];
        _pieceBits++;
        for (var piece = 0; piece < fine.Length * BitsPerWord; piece++)
        {
            if ((fine[piece / BitsPerWord] >> (piece % BitsPerWord) & 1) != 0)
            {
                Mark(piece / 2);
            }
        }
    }
}
