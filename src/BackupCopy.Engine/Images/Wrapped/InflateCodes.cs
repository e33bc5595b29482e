namespace BackupCopy.Images.Wrapped;

/// <summary>
/// The codes of one deflate block as tables: the next bits of the data are the index, long codes lead to a
/// second table. An entry is the value (high 16 bits), a kind, the extra bits that follow, the code's bits.
/// </summary>
internal sealed class InflateCodes
{
    public const int MostLengths = 286;
    public const int MostDistances = 30;
    public const int LengthTableBits = 11;
    public const int DistanceTableBits = 9;
    public const int OwnBits = 7;

    private const int MostBits = 15;

    // Kinds; none of them is a code that must not come.
    private const uint Literal = 0x8000;
    private const uint Match = 0x4000;
    private const uint End = 0x2000;
    private const uint Further = 0x1000;
    private const int ExtraShift = 8;
    private const int ValueShift = 16;

    private static readonly uint[] s_lengthSymbols = MakeLengthSymbols();
    private static readonly uint[] s_distanceSymbols = MakeDistanceSymbols();

    // Each first entry may lead to a table of its own.
    private readonly uint[] _lengthTable =
        new uint[(1 << LengthTableBits) + (MostLengths << (MostBits - LengthTableBits))];
    private readonly uint[] _distanceTable =
        new uint[(1 << DistanceTableBits) + (MostDistances << (MostBits - DistanceTableBits))];
    private bool _isFixed;

    /// <summary>In which order the code lengths of the code lengths stand.</summary>
    public static ReadOnlySpan<byte> OwnOrder =>
        [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

    public uint[] Lengths => _lengthTable;

    public uint[] Distances => _distanceTable;

    public static bool IsLiteral(uint entry) => (entry & Literal) != 0;

    public static bool IsMatch(uint entry) => (entry & Match) != 0;

    public static bool IsEnd(uint entry) => (entry & End) != 0;

    public static int Value(uint entry) => (int)(entry >> ValueShift);

    public static int CodeBits(uint entry) => (int)(entry & 0x1f);

    public static int ExtraBits(uint entry) => (int)(entry >> ExtraShift & 0xf);

    /// <summary>The entry of the code that the bits begin with.</summary>
    public static uint Find(uint[] table, ulong bits, int tableBits)
    {
        var entry = table[(int)(bits & ((1UL << tableBits) - 1))];
        return (entry & Further) == 0 ? entry
            : table[Value(entry) + (int)(bits >> tableBits & ((1UL << (MostBits - tableBits)) - 1))];
    }

    public void UseFixed()
    {
        if (_isFixed)
        {
            return;
        }

        const int lengths = 288;
        const int distances = 32;
        Span<byte> all = stackalloc byte[lengths];
        all[..144].Fill(8);
        all[144..256].Fill(9);
        all[256..280].Fill(7);
        all[280..].Fill(8);
        TryBuild(all, s_lengthSymbols, _lengthTable, LengthTableBits);
        all[..distances].Fill(5);
        TryBuild(all[..distances], s_distanceSymbols, _distanceTable, DistanceTableBits);
        _isFixed = true;
    }

    /// <summary>Takes the codes over; false when no data can have them.</summary>
    public bool TryUse(ReadOnlySpan<byte> lengths, ReadOnlySpan<byte> distances)
    {
        const int end = 256;
        _isFixed = false;
        return lengths[end] != 0
            && TryBuild(lengths, s_lengthSymbols, _lengthTable, LengthTableBits)
            && TryBuild(distances, s_distanceSymbols, _distanceTable, DistanceTableBits);
    }

    /// <summary>The code of the code lengths: the value is the symbol itself.</summary>
    public static bool TryBuildOwn(ReadOnlySpan<byte> lengths, Span<uint> table)
    {
        Span<uint> symbols = stackalloc uint[lengths.Length];
        for (var i = 0; i < symbols.Length; i++)
        {
            symbols[i] = (uint)i << ValueShift;
        }

        return TryBuild(lengths, symbols, table, OwnBits);
    }

    private static bool TryBuild(
        ReadOnlySpan<byte> lengths, ReadOnlySpan<uint> symbols, Span<uint> table, int tableBits)
    {
        // What is left of all bit patterns when each code has taken its share.
        var (used, room) = (0, 1 << MostBits);
        foreach (var length in lengths)
        {
            used += length > 0 ? 1 : 0;
            room -= length > 0 ? 1 << (MostBits - length) : 0;
        }

        // A code may be left unfinished only where it has one symbol of one bit, or none.
        if (room < 0 || (room > 0 && used > 0 && (used > 1 || !lengths.Contains((byte)1))))
        {
            return false;
        }

        Fill(lengths, symbols, table, tableBits);
        return true;
    }

    private static void Fill(
        ReadOnlySpan<byte> lengths, ReadOnlySpan<uint> symbols, Span<uint> table, int tableBits)
    {
        Span<int> code = stackalloc int[MostBits + 2];
        FirstCodes(lengths, code);
        table[..(1 << tableBits)].Clear();
        var free = 1 << tableBits;
        for (var symbol = 0; symbol < lengths.Length; symbol++)
        {
            int bits = lengths[symbol];
            if (bits == 0)
            {
                continue;
            }

            var reversed = Reverse(code[bits]++, bits);
            var entry = symbols[symbol] | (uint)bits;
            if (bits <= tableBits)
            {
                for (var i = reversed; i < 1 << tableBits; i += 1 << bits)
                {
                    table[i] = entry;
                }

                continue;
            }

            var first = reversed & ((1 << tableBits) - 1);
            if (table[first] == 0)
            {
                table[first] = (uint)free << ValueShift | Further;
                table.Slice(free, 1 << (MostBits - tableBits)).Clear();
                free += 1 << (MostBits - tableBits);
            }

            var further = table.Slice(Value(table[first]), 1 << (MostBits - tableBits));
            for (var i = reversed >> tableBits; i < further.Length; i += 1 << (bits - tableBits))
            {
                further[i] = entry;
            }
        }
    }

    private static void FirstCodes(ReadOnlySpan<byte> lengths, Span<int> code)
    {
        Span<int> counts = stackalloc int[MostBits + 1];
        counts.Clear();
        foreach (var length in lengths)
        {
            counts[length]++;
        }

        counts[0] = 0;
        code[0] = 0;
        for (var bits = 1; bits <= MostBits; bits++)
        {
            code[bits] = (code[bits - 1] + counts[bits - 1]) << 1;
        }
    }

    private static int Reverse(int code, int bits)
    {
        var reversed = 0;
        for (; bits > 0; bits--)
        {
            reversed = reversed << 1 | code & 1;
            code >>= 1;
        }

        return reversed;
    }

    private static uint[] MakeLengthSymbols()
    {
        // 0 to 255 stand for themselves, 256 ends the block, 286 and 287 must not come.
        var symbols = new uint[288];
        for (var i = 0u; i < 256; i++)
        {
            symbols[i] = i << ValueShift | Literal;
        }

        symbols[256] = End;
        var value = 3;
        for (var i = 0; i < 28; i++)
        {
            var extra = i < 8 ? 0 : (i - 4) / 4;
            symbols[257 + i] = (uint)value << ValueShift | Match | (uint)extra << ExtraShift;
            value += 1 << extra;
        }

        symbols[285] = 258u << ValueShift | Match;
        return symbols;
    }

    private static uint[] MakeDistanceSymbols()
    {
        var symbols = new uint[32];
        var value = 1;
        for (var i = 0; i < 30; i++)
        {
            var extra = i < 4 ? 0 : (i - 2) / 2;
            symbols[i] = (uint)value << ValueShift | Match | (uint)extra << ExtraShift;
            value += 1 << extra;
        }

        return symbols;
    }
}
