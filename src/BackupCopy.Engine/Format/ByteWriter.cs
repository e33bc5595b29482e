using System.Buffers.Binary;
using System.Text;
using BackupCopy.Blocks;

namespace BackupCopy.Format;

/// <summary>Writes little-endian fields one after another into a span that the caller sized.</summary>
internal ref struct ByteWriter(Span<byte> target)
{
    private readonly Span<byte> _target = target;

    public int Position { get; private set; }

    public void U8(byte value) => _target[Take(1)] = value;

    public void U16(ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(_target[Take(2)..], value);

    public void U32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_target[Take(4)..], value);

    public void U64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(_target[Take(8)..], value);

    public void I64(long value) => BinaryPrimitives.WriteInt64LittleEndian(_target[Take(8)..], value);

    /// <summary>A GUID in the byte order of its text (RFC 9562).</summary>
    public void Guid(Guid value) => value.TryWriteBytes(_target[Take(16)..], bigEndian: true, out _);

    /// <summary>A time as UTC ticks of 100 ns since year 1; 0 where there is none.</summary>
    public void Time(DateTime utc) => I64(utc.Ticks);

    public void Digest(Digest value) => value.Write(_target[Take(Blocks.Digest.SizeBytes)..]);

    /// <summary>UTF-8 behind a 16-bit length.</summary>
    public void Text(string value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        U16(checked((ushort)length));
        Encoding.UTF8.GetBytes(value, _target[Take(length)..]);
    }

    public void Bytes(scoped ReadOnlySpan<byte> value) => value.CopyTo(_target[Take(value.Length)..]);

    public void Zeros(int count) => _target.Slice(Take(count), count).Clear();

    private int Take(int count)
    {
        var at = Position;
        Position += count;
        return at;
    }
}
