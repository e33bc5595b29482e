using BackupCopy.Format;

namespace BackupCopy.Tests.Format;

public sealed class MarkFileTests
{
    private const string File = "00000005_20260304T050607Z.bcmark";

    [Fact]
    public void A_mark_has_its_golden_bytes()
    {
        Golden.Equal("mark", Known.Mark.ToBytes());

        Assert.Equal(Known.Mark, MarkFile.Read(Golden.Bytes("mark"), File));
    }

    [Fact]
    public void A_sealed_mark_has_its_golden_bytes()
    {
        Golden.Equal("mark-sealed", Known.Mark.ToBytes(Known.Key, Known.SealId));

        Assert.Equal(Known.Mark, MarkFile.Read(Golden.Bytes("mark-sealed"), File, Known.Key));
        Assert.Equal(-1, Golden.Bytes("mark-sealed").AsSpan().IndexOf("audit"u8));
    }

    [Fact]
    public void The_longest_reason_is_read_and_a_longer_one_is_not_written()
    {
        var longest = Known.Mark with { Reason = new string('x', FormatLimits.MarkFileBytes - 118) };
        var bytes = longest.ToBytes();

        Assert.Equal(FormatLimits.MarkFileBytes, bytes.Length);
        Assert.Equal(longest, MarkFile.Read(bytes, File));
        Assert.Equal(ErrorCode.InvalidArgument, Assert.Throws<BackupCopyException>(
            () => (longest with { Reason = longest.Reason + "x" }).ToBytes()).Code);
    }

    [Fact]
    public void The_same_mark_sealed_twice_takes_two_keys()
    {
        var (one, two) = (Known.Mark.ToBytes(Known.Key), Known.Mark.ToBytes(Known.Key));

        Assert.NotEqual(one[60..76], two[60..76]);
        Assert.NotEqual(one[112..], two[112..]);
        Assert.Equal(MarkFile.Read(one, File, Known.Key), MarkFile.Read(two, File, Known.Key));
    }

    [Fact]
    public void A_sealed_mark_asks_for_its_key_and_takes_no_other()
    {
        Assert.Equal(ErrorCode.EncryptedRepository, Assert.Throws<BackupCopyException>(
            () => MarkFile.Read(Golden.Bytes("mark-sealed"), File)).Code);
        Assert.Equal(ErrorCode.DamagedFile, Assert.Throws<BackupCopyException>(
            () => MarkFile.Read(Golden.Bytes("mark-sealed"), File, new byte[32])).Code);
    }
}
