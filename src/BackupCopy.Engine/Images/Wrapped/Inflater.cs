using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace BackupCopy.Images.Wrapped;

/// <summary>
/// Unpacks deflate data (RFC 1951) and stops at the very byte where it ends, which is where the checksum
/// stands. For one thread.
/// </summary>
internal sealed class Inflater(CompressedInput input)
{
    /// <summary>How far back a match may lie.</summary>
    public const int HistoryBytes = 1 << 15;

    private const int PortionBytes = 1 << 16;
    private const int LongestMatch = 258;

    /// <summary>So many of the longest codes, and one more, are in 56 bits.</summary>
    private const int LiteralsARefill = 2;

    /// <summary>Behind the last byte: matches are copied in steps of eight bytes.</summary>
    private const int Slack = 16;

    private readonly byte[] _out = new byte[HistoryBytes + PortionBytes + LongestMatch + Slack];
    private readonly InflateCodes _codes = new();
    private State _state;
    private bool _isLast;
    private int _storedBytes;
    private int _taken;
    private int _made;
    private int _history;

    // Bits that were taken from the input and not used, the next one lowest. Behind the end of the file zeros
    // come, counted so that using them is noticed.
    private ulong _bits;
    private int _bitCount;
    private int _padBits;

    private enum State
    {
        Done,
        Head,
        Stored,
        Coded,
    }

    /// <summary>Deflate data begins at the input's position.</summary>
    public void Begin()
    {
        (_bits, _bitCount, _padBits) = (0, 0, 0);
        (_taken, _made, _history) = (0, 0, 0);
        (_state, _isLast) = (State.Head, false);
    }

    /// <summary>The next bytes; 0 when the data ended, and the input is behind it then.</summary>
    public int Read(Span<byte> to)
    {
        if (_taken == _made)
        {
            KeepHistory();
            Make();
        }

        var count = Math.Min(to.Length, _made - _taken);
        _out.AsSpan(_taken, count).CopyTo(to);
        _taken += count;
        return count;
    }

    private void KeepHistory()
    {
        _history = Math.Min(HistoryBytes, _made);
        _out.AsSpan(_made - _history, _history).CopyTo(_out);
        _taken = _made = _history;
    }

    private void Make()
    {
        while (_state != State.Done && _made < _history + PortionBytes)
        {
            switch (_state)
            {
                case State.Head:
                    BeginBlock();
                    break;
                case State.Stored:
                    CopyStored();
                    break;
                default:
                    Decode(_history + PortionBytes);
                    break;
            }
        }
    }

    private void BeginBlock()
    {
        if (_isLast)
        {
            EnsureReal();
            input.GiveBack((_bitCount - _padBits) / 8);
            _state = State.Done;
            return;
        }

        _isLast = Take(1) != 0;
        switch (Take(2))
        {
            case 0:
                Take(_bitCount % 8);
                _storedBytes = Take(16);
                if (Take(16) != (_storedBytes ^ 0xffff))
                {
                    throw Unsound("the length of a stored block");
                }

                EnsureReal();
                input.GiveBack((_bitCount - _padBits) / 8);
                (_bits, _bitCount, _padBits) = (0, 0, 0);
                _state = State.Stored;
                break;
            case 1:
                _codes.UseFixed();
                _state = State.Coded;
                break;
            case 2:
                ReadCodes();
                _state = State.Coded;
                break;
            default:
                throw Unsound("the kind of a block");
        }
    }

    private void CopyStored()
    {
        if (_storedBytes > 0 && input.Bytes.IsEmpty && !input.Fill())
        {
            throw CutOff();
        }

        var count = Math.Min(
            Math.Min(_storedBytes, input.Bytes.Length), _history + PortionBytes - _made);
        input.Bytes[..count].CopyTo(_out.AsSpan(_made));
        input.Advance(count);
        _made += count;
        _storedBytes -= count;
        if (_storedBytes == 0)
        {
            _state = State.Head;
        }
    }

    private void ReadCodes()
    {
        var lengths = Take(5) + 257;
        var distances = Take(5) + 1;
        var count = Take(4) + 4;
        Span<byte> own = stackalloc byte[InflateCodes.OwnOrder.Length];
        own.Clear();
        foreach (var symbol in InflateCodes.OwnOrder[..count])
        {
            own[symbol] = (byte)Take(3);
        }

        Span<uint> table = stackalloc uint[1 << InflateCodes.OwnBits];
        Span<byte> all = stackalloc byte[lengths + distances];
        if (lengths > InflateCodes.MostLengths || distances > InflateCodes.MostDistances
            || !InflateCodes.TryBuildOwn(own, table))
        {
            throw Unsound("the head of a block");
        }

        for (var i = 0; i < all.Length;)
        {
            Refill();
            var entry = table[(int)(_bits & ((1 << InflateCodes.OwnBits) - 1))];
            if (entry == 0)
            {
                throw Unsound("a code length");
            }

            Drop((int)(entry & 0xff));
            var symbol = (int)(entry >> 16);
            if (symbol < 16)
            {
                all[i++] = (byte)symbol;
                continue;
            }

            var repeat = symbol switch { 16 => 3 + Take(2), 17 => 3 + Take(3), _ => 11 + Take(7) };
            if (repeat > all.Length - i || (symbol == 16 && i == 0))
            {
                throw Unsound("a repeated code length");
            }

            all.Slice(i, repeat).Fill(symbol == 16 ? all[i - 1] : (byte)0);
            i += repeat;
        }

        EnsureReal();
        if (!_codes.TryUse(all[..lengths], all[lengths..]))
        {
            throw Unsound("the codes of a block");
        }
    }

    /// <summary>Until the block ends or as much is made as one portion may be.</summary>
    private void Decode(int limit)
    {
        var (literals, distances) = (_codes.Lengths, _codes.Distances);
        var output = _out;
        var at = _made;
        while (at < limit)
        {
            Refill();
            var entry = InflateCodes.Find(literals, _bits, InflateCodes.LengthTableBits);
            for (var row = 0; InflateCodes.IsLiteral(entry) && row < LiteralsARefill; row++)
            {
                Drop(InflateCodes.CodeBits(entry));
                output[at++] = (byte)InflateCodes.Value(entry);
                entry = InflateCodes.Find(literals, _bits, InflateCodes.LengthTableBits);
            }

            if (InflateCodes.IsLiteral(entry))
            {
                continue;
            }

            // The entry stays what it is: a refill only adds bits behind it.
            Refill();
            Drop(InflateCodes.CodeBits(entry));
            if (!InflateCodes.IsMatch(entry))
            {
                _state = InflateCodes.IsEnd(entry) ? State.Head : throw Unsound("a code");
                break;
            }

            var length = InflateCodes.Value(entry) + TakeReady(InflateCodes.ExtraBits(entry));
            entry = InflateCodes.Find(distances, _bits, InflateCodes.DistanceTableBits);
            Drop(InflateCodes.CodeBits(entry));
            if (!InflateCodes.IsMatch(entry))
            {
                throw Unsound("a distance");
            }

            var distance = InflateCodes.Value(entry) + TakeReady(InflateCodes.ExtraBits(entry));
            if (distance > at)
            {
                throw Unsound($"a distance of {distance} with {at} bytes before");
            }

            Repeat(output, at, distance, length);
            at += length;
        }

        _made = at;
        EnsureReal();
    }

    private static void Repeat(byte[] output, int at, int distance, int length)
    {
        if (distance >= sizeof(ulong))
        {
            // Up to seven bytes too many, which what follows writes over.
            for (var i = 0; i < length; i += sizeof(ulong))
            {
                BinaryPrimitives.WriteUInt64LittleEndian(
                    output.AsSpan(at + i),
                    BinaryPrimitives.ReadUInt64LittleEndian(output.AsSpan(at + i - distance)));
            }
        }
        else if (distance == 1)
        {
            output.AsSpan(at, length).Fill(output[at - 1]);
        }
        else
        {
            for (var i = 0; i < length; i++)
            {
                output[at + i] = output[at + i - distance];
            }
        }
    }

    /// <summary>At least 56 bits: enough for any code of a length with its distance.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Refill()
    {
        var bytes = input.Bytes;
        if (bytes.Length >= sizeof(ulong))
        {
            _bits |= BinaryPrimitives.ReadUInt64LittleEndian(bytes) << _bitCount;
            input.Advance((63 - _bitCount) >> 3);
            _bitCount |= 56;
            return;
        }

        RefillAtEnd();
    }

    private void RefillAtEnd()
    {
        EnsureReal();
        while (_bitCount < 56)
        {
            if (!input.Bytes.IsEmpty || input.Fill())
            {
                _bits |= (ulong)input.Bytes[0] << _bitCount;
                input.Advance(1);
            }
            else
            {
                _padBits += 8;
            }

            _bitCount += 8;
        }
    }

    private int Take(int count)
    {
        Refill();
        return TakeReady(count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int TakeReady(int count)
    {
        var value = (int)(_bits & ((1UL << count) - 1));
        Drop(count);
        return value;
    }

    private void Drop(int count)
    {
        _bits >>= count;
        _bitCount -= count;
    }

    private void EnsureReal()
    {
        if (_bitCount < _padBits)
        {
            throw CutOff();
        }
    }

    private BackupCopyException CutOff() => ImageError.Damaged(
        input.Path, input.Position, "it is cut off in the middle of its compressed data");

    private BackupCopyException Unsound(string what)
    {
        EnsureReal();
        return ImageError.Damaged(input.Path, input.Position, $"its gzip data is not sound: {what}");
    }
}
