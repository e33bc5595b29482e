using System.Text;
using System.Text.Json;
using BackupCopy.Blocks;
using BackupCopy.Format;

namespace BackupCopy.Tests.Format;

public sealed class RepositoryFileTests
{
    private const string File = "repository.json";

    [Fact]
    public void A_description_has_its_golden_bytes()
    {
        Assert.Equal(
            Encoding.UTF8.GetString(Golden.Text("repository.json")),
            Encoding.UTF8.GetString(Known.Repository.ToBytes()));

        var read = RepositoryFile.Read(Golden.Text("repository.json"), File);

        Assert.Equal(JsonSerializer.Serialize(Known.Repository), JsonSerializer.Serialize(read));
    }

    [Theory]
    [InlineData("\"blockSizeBytes\":524288", "\"blockSizeBytes\":524289")]
    [InlineData("\"digest\":\"sha256\"", "\"digest\":\"sha1\"")]
    [InlineData("\"alignmentBytes\":4096", "\"alignmentBytes\":1")]
    [InlineData("\"blockFileBytes\":4294967296", "\"blockFileBytes\":1")]
    [InlineData("\"compression\":\"Default\"", "\"compression\":\"Best\"")]
    [InlineData("\"readVersion\":1", "\"readVersion\":0")]
    [InlineData("\"readVersion\":1", "\"readVersion\":99999999999")]
    [InlineData("\"readVersion\":1,", "")]
    [InlineData("\"id\":\"4e9", "\"id\":\"xyz")]
    [InlineData("\"keySlots\":[", "\"keySlots\":null,\"x\":[")]
    [InlineData("\"keySlots\":[", "\"keySlots\":[null,")]
    [InlineData("\"storage\":{\"punches\":true,\"clones\":false}", "\"storage\":null")]
    public void A_description_with_other_values_is_refused(string known, string other)
    {
        var inner = Inner().Replace(known, other, StringComparison.Ordinal);
        Assert.NotEqual(Inner(), inner);

        var error = Assert.Throws<BackupCopyException>(() => RepositoryFile.Read(Summed(inner), File));

        Assert.Equal(ErrorCode.DamagedFile, error.Code);
    }

    [Theory]
    [InlineData(null, true, ReleaseMode.Punch)]
    [InlineData(null, false, ReleaseMode.Rewrite)]
    [InlineData(ReleaseMode.WholeFiles, true, ReleaseMode.WholeFiles)]
    [InlineData(ReleaseMode.Punch, false, ReleaseMode.Punch)]
    public void What_the_admin_chose_beats_what_the_storage_can(
        ReleaseMode? chosen, bool punches, ReleaseMode mode)
    {
        var written = Known.Repository with
        {
            ReleaseMode = chosen,
            Storage = new StorageAbilities { Punches = punches },
        };

        var read = RepositoryFile.Read(written.ToBytes(), File);

        Assert.Equal((chosen, mode), (read.ReleaseMode, read.EffectiveReleaseMode));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"checksum\":1,\"repository\":{}}")]
    [InlineData("{\"checksum\":\"xxh128:99aa06d3014798d86001c324468d497f\"}")]
    [InlineData("{\"repository\":{}}")]
    public void Something_else_is_refused(string text)
    {
        var error = Assert.Throws<BackupCopyException>(
            () => RepositoryFile.Read(Encoding.UTF8.GetBytes(text), File));

        Assert.Equal(ErrorCode.DamagedFile, error.Code);
    }

    internal static string Inner()
    {
        var text = Encoding.UTF8.GetString(Golden.Text("repository.json"));
        var start = text.IndexOf("\"repository\":", StringComparison.Ordinal) + "\"repository\":".Length;
        return text[start..^2];
    }

    internal static byte[] Summed(string inner)
    {
        var checksum = new byte[StoredChecksum.SizeBytes];
        StoredChecksum.Write(Encoding.UTF8.GetBytes(inner), checksum);
        return Encoding.UTF8.GetBytes(
            $"{{\"checksum\":\"xxh128:{Convert.ToHexStringLower(checksum)}\",\"repository\":{inner}}}\n");
    }
}
