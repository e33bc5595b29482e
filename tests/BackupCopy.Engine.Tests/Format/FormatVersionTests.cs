using System.Buffers.Binary;
using System.Globalization;
using BackupCopy.Format;

namespace BackupCopy.Tests.Format;

public sealed class FormatVersionTests
{
    private const ushort Newer = FormatVersion.Current + 1;

    public static TheoryData<string> Versioned =>
        [.. Structures.All.Where(structure => structure.VersionAt > 0).Select(structure => structure.Name)];

    [Theory]
    [MemberData(nameof(Versioned))]
    public void A_newer_read_version_is_refused_by_its_number(string name)
    {
        var error = Assert.Throws<BackupCopyException>(() => Read(name, Newer, Newer));

        Assert.Equal(ErrorCode.UnsupportedFormat, error.Code);
        Assert.Contains(
            Newer.ToString(CultureInfo.InvariantCulture), error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Versioned))]
    public void Version_0_is_damage(string name) =>
        Assert.Equal(ErrorCode.DamagedFile, Assert.Throws<BackupCopyException>(() => Read(name, 0, 0)).Code);

    [Theory]
    [InlineData("block-file-header")]
    [InlineData("index")]
    [InlineData("point")]
    [InlineData("mark")]
    public void A_newer_write_version_is_read(string name) => Assert.NotEmpty(Read(name, 1, Newer));

    [Fact]
    public void A_newer_write_version_cannot_be_written()
    {
        var bytes = Golden.Bytes("point");
        Put(bytes, 1, Newer);
        Structures.Sum(Structures.Named("point"), bytes);

        Assert.False(PointFile.Read(bytes, "f").Version.CanWrite);
        Assert.True(PointFile.Read(Golden.Bytes("point"), "f").Version.CanWrite);
        Assert.True(FormatVersion.Ours.CanWrite);
    }

    [Fact]
    public void A_newer_repository_is_refused_by_its_number_whatever_else_it_says()
    {
        var text = RepositoryFileTests.Inner()
            .Replace("\"readVersion\":1", "\"readVersion\":2", StringComparison.Ordinal)
            .Replace("sha256\"", "blake9\",\"shape\":[1]", StringComparison.Ordinal);

        var error = Assert.Throws<BackupCopyException>(
            () => RepositoryFile.Read(RepositoryFileTests.Summed(text), "repository.json"));

        Assert.Equal(ErrorCode.UnsupportedFormat, error.Code);
        Assert.Contains("version 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_repository_with_a_newer_write_version_is_read_and_keeps_unknown_members_out()
    {
        var text = RepositoryFileTests.Inner().Replace(
            "\"writeVersion\":1", "\"writeVersion\":2,\"unknown\":{\"a\":1}", StringComparison.Ordinal);

        var read = RepositoryFile.Read(RepositoryFileTests.Summed(text), "repository.json");

        Assert.Equal((1, 2), (read.ReadVersion, read.WriteVersion));
    }

    private static string Read(string name, ushort read, ushort write)
    {
        var structure = Structures.Named(name);
        var bytes = structure.Bytes();
        Put(bytes, read, write);
        Structures.Sum(structure, bytes);
        return structure.Read(bytes);
    }

    private static void Put(byte[] bytes, ushort read, ushort write)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(20), read);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(22), write);
    }
}
