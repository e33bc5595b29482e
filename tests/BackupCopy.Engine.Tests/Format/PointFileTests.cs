using System.Buffers.Binary;
using System.Text.Json;
using BackupCopy.Format;

namespace BackupCopy.Tests.Format;

public sealed class PointFileTests
{
    private const string File = "00000005_20260304T050607Z.bcpoint";

    [Fact]
    public void A_point_has_its_golden_bytes()
    {
        Golden.Equal("point", Known.Point.ToBytes());

        Same(Known.Point, PointFile.Read(Golden.Bytes("point"), File));
    }

    [Fact]
    public void An_unfinished_point_has_its_golden_bytes()
    {
        Golden.Equal("point-unfinished", Known.Unfinished.ToBytes());

        Same(Known.Unfinished, PointFile.Read(Golden.Bytes("point-unfinished"), File));
    }

    [Fact]
    public void A_sealed_point_has_its_golden_bytes()
    {
        Golden.Equal("point-sealed", Known.Point.ToBytes(Known.Key));

        Same(Known.Point, PointFile.Read(Golden.Bytes("point-sealed"), File, Known.Key));
    }

    [Fact]
    public void A_sealed_point_asks_for_its_key_and_takes_no_other()
    {
        var wrong = (byte[])Known.Key.Clone();
        wrong[0] ^= 1;

        Assert.Equal(ErrorCode.EncryptedRepository, Assert.Throws<BackupCopyException>(
            () => PointFile.Read(Golden.Bytes("point-sealed"), File)).Code);
        Assert.Equal(ErrorCode.DamagedFile, Assert.Throws<BackupCopyException>(
            () => PointFile.Read(Golden.Bytes("point-sealed"), File, wrong)).Code);
    }

    [Fact]
    public void A_sealed_point_shows_no_name_and_no_digest()
    {
        var open = Golden.Bytes("point-sealed").AsSpan();

        Assert.Equal(-1, open.IndexOf("web01"u8));
        Assert.Equal(-1, open.IndexOf("Nightly"u8));
        var digest = new byte[32];
        Known.Point.Disks[0].Root.Digest.Write(digest);
        Assert.Equal(-1, open.IndexOf(digest));
    }

    [Fact]
    public void The_largest_point_is_written_and_read()
    {
        var files = new BlockFileReference[FormatLimits.BlockFilesOfPoint];
        Array.Fill(files, Known.Point.BlockFiles[0]);
        var content = new byte[FormatLimits.AttachmentBytes];
        var point = Known.Point with
        {
            Disks = [.. Enumerable.Repeat(Known.Point.Disks[0], FormatLimits.Disks)],
            BlockFiles = files,
            Attachments = [.. Enumerable.Repeat(new AttachmentEntry("a", content), FormatLimits.Attachments)],
        };

        var bytes = point.ToBytes();

        Assert.InRange(bytes.Length, 1, FormatLimits.PointFileBytes);
        Assert.Equal(files.Length, PointFile.Read(bytes, File).BlockFiles.Count);
    }

    [Fact]
    public void A_count_without_its_entries_is_refused_before_memory_is_taken()
    {
        var bytes = Golden.Bytes("point-unfinished");
        var count = bytes.AsSpan(bytes.Length - 8);
        BinaryPrimitives.WriteInt32LittleEndian(count, FormatLimits.BlockFilesOfPoint);
        Structures.Sum(Structures.Named("point-unfinished"), bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var error = Assert.Throws<BackupCopyException>(() => PointFile.Read(bytes, File));

        Assert.Equal(ErrorCode.DamagedFile, error.Code);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    private static void Same(PointFile expected, PointFile actual) =>
        Assert.Equal(Text(expected), Text(actual));

    private static string Text(PointFile point) =>
        JsonSerializer.Serialize(point) + Convert.ToHexString(point.ToBytes());
}
