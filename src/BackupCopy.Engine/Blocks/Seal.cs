using System.Buffers.Binary;
using System.Security.Cryptography;

namespace BackupCopy.Blocks;

/// <summary>
/// What a sealed thing is; part of the key derivation, so that one kind never opens as another.
/// </summary>
internal enum SealKind : byte
{
    DataFile = 1,
    MapFile = 2,
    PointFile = 3,
    Mark = 4,
}

/// <summary>
/// AES-256-GCM for the records, point files and marks of an encrypted repository (FORMAT.md, "Sealed form").
/// The key of one file comes from the repository key, the file's random id and its kind; the nonce is the
/// ordinal of the sealed thing in that file. The caller never hands the same ordinal to one file twice.
/// </summary>
internal sealed class Seal : IDisposable
{
    public const int KeyBytes = 32;
    public const int TagBytes = 16;
    private const int NonceBytes = 12;

    private readonly AesGcm _cipher;

    public Seal(ReadOnlySpan<byte> repositoryKey, Guid fileId, SealKind kind)
    {
        Span<byte> salt = stackalloc byte[16];
        fileId.TryWriteBytes(salt, bigEndian: true, out _);
        ReadOnlySpan<byte> label = "BackupCopy 1 file key "u8;
        Span<byte> info = stackalloc byte[label.Length + 1];
        label.CopyTo(info);
        info[^1] = (byte)kind;
        Span<byte> key = stackalloc byte[KeyBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, repositoryKey, key, salt, info);
        _cipher = new AesGcm(key, TagBytes);
        CryptographicOperations.ZeroMemory(key);
    }

    /// <summary>Seals in place and writes the tag.</summary>
    public void Close(ulong ordinal, Span<byte> bytes, ReadOnlySpan<byte> associated, Span<byte> tag)
    {
        Span<byte> nonce = stackalloc byte[NonceBytes];
        WriteNonce(ordinal, nonce);
        _cipher.Encrypt(nonce, bytes, bytes, tag, associated);
    }

    /// <summary>Opens in place; false, with the bytes cleared, when anything does not fit.</summary>
    public bool TryOpen(
        ulong ordinal, Span<byte> bytes, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> tag)
    {
        Span<byte> nonce = stackalloc byte[NonceBytes];
        WriteNonce(ordinal, nonce);
        try
        {
            _cipher.Decrypt(nonce, bytes, tag, bytes, associated);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            bytes.Clear();
            return false;
        }
    }

    public void Dispose() => _cipher.Dispose();

    private static void WriteNonce(ulong ordinal, Span<byte> nonce)
    {
        nonce.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(nonce[4..], ordinal);
    }
}
