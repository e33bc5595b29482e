using System.Text;
using BackupCopy.Blocks;

namespace BackupCopy.Tests.Blocks;

public sealed class DigestTests
{
    [Fact]
    public void The_digest_is_sha_256_and_reads_as_its_hex()
    {
        var digest = Digest.Of("abc"u8);

        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", digest.ToString());
        var bytes = new byte[Digest.SizeBytes];
        digest.Write(bytes);
        Assert.Equal(digest.ToString(), Convert.ToHexStringLower(bytes));
        Assert.Equal(digest, Digest.Read(bytes));
    }

    [Fact]
    public void Only_32_zero_bytes_are_empty()
    {
        Assert.True(Digest.Empty.IsEmpty);
        for (var i = 0; i < Digest.SizeBytes; i++)
        {
            var bytes = new byte[Digest.SizeBytes];
            bytes[i] = 1;
            Assert.False(Digest.Read(bytes).IsEmpty);
        }
    }

    [Fact]
    public void The_stored_checksum_is_xxhash128_in_canonical_order()
    {
        var bytes = new byte[StoredChecksum.SizeBytes];
        StoredChecksum.Write([], bytes);
        Assert.Equal("99aa06d3014798d86001c324468d497f", Convert.ToHexStringLower(bytes));

        StoredChecksum.Write(Encoding.ASCII.GetBytes("abc"), bytes);
        Assert.Equal("06b05ab6733a618578af5f94892f3950", Convert.ToHexStringLower(bytes));
        Assert.True(StoredChecksum.Matches("abc"u8, bytes));
        Assert.False(StoredChecksum.Matches("abd"u8, bytes));
    }
}
