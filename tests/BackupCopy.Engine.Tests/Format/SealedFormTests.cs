using System.Buffers.Binary;
using System.Security.Cryptography;
using BackupCopy.Format;

namespace BackupCopy.Tests.Format;

/// <summary>
/// The sealed form as docs/FORMAT.md defines it, from HMAC-SHA-256 and AES-GCM alone: what the golden bytes
/// hold is found without the product's code.
/// </summary>
public sealed class SealedFormTests
{
    [Theory]
    [InlineData("record-sealed", "record-zstd", 1, 7ul)]
    [InlineData("record-map-node-sealed", "record-map-node", 2, 0ul)]
    public void A_record_opens_by_definition(string sealedName, string plainName, byte kind, ulong ordinal)
    {
        var bytes = Golden.Bytes(sealedName);
        var plain = Golden.Bytes(plainName);
        var length = 128 + BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(24));
        var fileId = bytes.AsSpan(40, 16).ToArray();
        byte[] associated = [.. bytes.AsSpan(20, 36), .. Known.MachineId.ToByteArray(bigEndian: true)];

        var opened = Open(
            fileId, kind, ordinal, bytes.AsSpan(96, length - 96), bytes.AsSpan(56, 16), associated);

        Assert.Equal(plain[96..length], opened);
        Assert.Equal(ordinal, BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(32)));
        Assert.Equal(plain[22] | 1, bytes[22]);
    }

    [Fact]
    public void A_point_opens_by_definition()
    {
        var bytes = Golden.Bytes("point-sealed");

        var opened = Open(
            bytes.AsSpan(56, 16).ToArray(), kind: 3, ordinal: 0, bytes.AsSpan(200), bytes.AsSpan(184, 16),
            bytes.AsSpan(20, 164).ToArray());

        Assert.Equal(Golden.Bytes("point")[200..], opened);
    }

    [Fact]
    public void A_mark_opens_by_definition()
    {
        var bytes = Golden.Bytes("mark-sealed");

        var opened = Open(
            bytes.AsSpan(60, 16).ToArray(), kind: 4,
            BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(32)), bytes.AsSpan(112),
            bytes.AsSpan(96, 16), bytes.AsSpan(20, 76).ToArray());

        Assert.Equal(Golden.Bytes("mark")[112..], opened);
    }

    // HKDF-SHA-256 of one output block: extract with the salt, expand with the info and the counter 1.
    private static byte[] Open(
        byte[] fileId, byte kind, ulong ordinal, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> tag,
        byte[] associated)
    {
        var extracted = HMACSHA256.HashData(key: fileId, source: Known.Key);
        byte[] infoAndCounter = [.. "BackupCopy 1 file key "u8, kind, 1];
        var fileKey = HMACSHA256.HashData(extracted, infoAndCounter);
        var nonce = new byte[12];
        BinaryPrimitives.WriteUInt64LittleEndian(nonce.AsSpan(4), ordinal);
        var plain = new byte[secret.Length];
        using var cipher = new AesGcm(fileKey, 16);
        cipher.Decrypt(nonce, secret, tag, plain, associated);
        return plain;
    }
}
