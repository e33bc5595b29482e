using System.Buffers.Binary;
using System.Text;
using BackupCopy.Blocks;

namespace BackupCopy.Format;

/// <summary>
/// Reads what <see cref="ByteWriter"/> writes. Nothing is trusted: every read is bounded, and a failure names
/// the file, the offset, what was expected and what was found.
/// </summary>
internal ref struct ByteReader(ReadOnlySpan<byte> source, string file, long baseOffset = 0)
{
    private readonly ReadOnlySpan<byte> _source = source;
    private readonly string _file = file;
    private readonly long _baseOffset = baseOffset;

    public int Position { get; private set; }

    public readonly int Remaining => _source.Length - Position;

    public byte U8() => _source[Take(1)];

    public ushort U16() => BinaryPrimitives.ReadUInt16LittleEndian(_source[Take(2)..]);

    public uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(_source[Take(4)..]);

    public ulong U64() => BinaryPrimitives.ReadUInt64LittleEndian(_source[Take(8)..]);

    public long I64() => BinaryPrimitives.ReadInt64LittleEndian(_source[Take(8)..]);

    public Guid Guid() => new(_source.Slice(Take(16), 16), bigEndian: true);

    public Digest Digest() => Blocks.Digest.Read(_source[Take(Blocks.Digest.SizeBytes)..]);

    public ReadOnlySpan<byte> Bytes(int count) => _source.Slice(Take(count), count);

    public DateTime Time()
    {
        var ticks = I64();
        return ticks >= 0 && ticks <= DateTime.MaxValue.Ticks
            ? new DateTime(ticks, DateTimeKind.Utc)
            : throw Damaged("a time", $"{ticks} ticks");
    }

    public string Text()
    {
        var length = U16();
        return Encoding.UTF8.GetString(Bytes(length));
    }

    /// <summary>A count, bounded before anything is allocated for it.</summary>
    public int Count(int limit)
    {
        var count = U32();
        return count <= limit ? (int)count : throw Damaged($"at most {limit} entries", $"{count}");
    }

    /// <summary>
    /// The same for entries of at least so many bytes each: what cannot follow is not allocated.
    /// </summary>
    public int Count(int limit, int leastEntryBytes)
    {
        var count = Count(limit);
        return count <= Remaining / leastEntryBytes
            ? count
            : throw Damaged(
                $"at most {Remaining / leastEntryBytes} entries in {Remaining} bytes", $"{count}");
    }

    public void Zeros(int count)
    {
        var at = Position;
        if (Bytes(count).IndexOfAnyExcept((byte)0) is >= 0 and var index)
        {
            Position = at + index;
            throw Damaged("zero", "another byte");
        }
    }

    public void Magic(uint expected)
    {
        var actual = U32();
        if (actual != expected)
        {
            Position -= 4;
            throw Damaged($"the magic {Name(expected)}", $"0x{actual:x8}");
        }
    }

    public readonly BackupCopyException Damaged(string expected, string actual) =>
        FormatError.Damaged(_file, _baseOffset + Position, expected, actual);

    private static string Name(uint magic)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, magic);
        return Encoding.ASCII.GetString(bytes);
    }

    private int Take(int count)
    {
        if (count > Remaining)
        {
            throw Damaged($"{count} more bytes", $"{Remaining}");
        }

        var at = Position;
        Position += count;
        return at;
    }
}
