using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace BackupCopy.Blocks;

/// <summary>
/// The SHA-256 of plain bytes: the identity of a block's content in every chain and repository. The value of
/// 32 zero bytes is reserved for "nothing here" (a zero block, an empty subtree); no content has it.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct Digest(ulong A, ulong B, ulong C, ulong D)
{
    public const int SizeBytes = 32;

    public static Digest Empty => default;

    public bool IsEmpty => (A | B | C | D) == 0;

    public static Digest Of(ReadOnlySpan<byte> plain)
    {
        Span<byte> hash = stackalloc byte[SizeBytes];
        SHA256.HashData(plain, hash);
        return Read(hash);
    }

    public static Digest Read(ReadOnlySpan<byte> from) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(from),
        BinaryPrimitives.ReadUInt64LittleEndian(from[8..]),
        BinaryPrimitives.ReadUInt64LittleEndian(from[16..]),
        BinaryPrimitives.ReadUInt64LittleEndian(from[24..]));

    public void Write(Span<byte> to)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(to, A);
        BinaryPrimitives.WriteUInt64LittleEndian(to[8..], B);
        BinaryPrimitives.WriteUInt64LittleEndian(to[16..], C);
        BinaryPrimitives.WriteUInt64LittleEndian(to[24..], D);
    }

    // The digest is uniformly distributed already: any 32 bits of it are as good a hash as all of them.
    public override int GetHashCode() => (int)A;

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[SizeBytes];
        Write(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
