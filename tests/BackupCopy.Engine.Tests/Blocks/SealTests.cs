using BackupCopy.Blocks;

namespace BackupCopy.Tests.Blocks;

public sealed class SealTests
{
    private static readonly Guid s_file = new("f11e0000-0000-4000-8000-00000000000a");

    [Fact]
    public void What_was_closed_opens_and_nothing_else_does()
    {
        var key = new byte[Seal.KeyBytes];
        using var seal = new Seal(key, s_file, SealKind.DataFile);
        var (bytes, tag) = Closed(seal, 5);
        var opened = (byte[])bytes.Clone();

        Assert.True(seal.TryOpen(5, opened, "aad"u8, tag));
        Assert.Equal("secret"u8.ToArray(), opened);
        Assert.False(Opens(seal, 6, bytes, "aad"u8, tag));
        Assert.False(Opens(seal, 5, bytes, "aae"u8, tag));
        tag[15] ^= 1;
        Assert.False(Opens(seal, 5, bytes, "aad"u8, tag));
    }

    [Fact]
    public void Keys_differ_by_repository_key_file_and_kind()
    {
        var one = new byte[Seal.KeyBytes];
        one[0] = 1;
        var seals = new[]
        {
            new Seal(new byte[Seal.KeyBytes], s_file, SealKind.DataFile),
            new Seal(new byte[Seal.KeyBytes], s_file, SealKind.MapFile),
            new Seal(new byte[Seal.KeyBytes], s_file, SealKind.PointFile),
            new Seal(new byte[Seal.KeyBytes], s_file, SealKind.Mark),
            new Seal(new byte[Seal.KeyBytes], Guid.Empty, SealKind.DataFile),
            new Seal(one, s_file, SealKind.DataFile),
        };

        var closed = seals.Select(seal => Convert.ToHexString(Closed(seal, 1).Bytes));
        Assert.Equal(seals.Length, closed.Distinct().Count());
        foreach (var seal in seals)
        {
            seal.Dispose();
        }
    }

    [Fact]
    public void A_failed_opening_leaves_no_plain_bytes()
    {
        using var seal = new Seal(new byte[Seal.KeyBytes], s_file, SealKind.Mark);
        var (bytes, tag) = Closed(seal, 1);

        Assert.False(seal.TryOpen(2, bytes, "aad"u8, tag));
        Assert.Equal(new byte[6], bytes);
    }

    private static (byte[] Bytes, byte[] Tag) Closed(Seal seal, ulong ordinal)
    {
        var bytes = "secret"u8.ToArray();
        var tag = new byte[Seal.TagBytes];
        seal.Close(ordinal, bytes, "aad"u8, tag);
        return (bytes, tag);
    }

    private static bool Opens(
        Seal seal, ulong ordinal, byte[] bytes, ReadOnlySpan<byte> associated, byte[] tag) =>
        seal.TryOpen(ordinal, (byte[])bytes.Clone(), associated, tag);
}
