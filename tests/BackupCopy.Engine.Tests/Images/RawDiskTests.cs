using BackupCopy.Images;
using BackupCopy.Images.Raw;
using BackupCopy.Sources;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Images;

public sealed class RawDiskTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Holes_are_found_and_data_around_them_is_whole()
    {
        var path = _folder["sparse.img"];
        using (var file = File.Create(path))
        {
            file.SetLength(1L << 36);
            file.Position = 5L << 30;
            file.Write("hello"u8);
            file.Position = (1L << 36) - 3;
            file.Write("end"u8);
        }

        using var opened = DiskFile.Open(path);
        using var image = new RawDisk(opened);
        Assert.Equal(1L << 36, image.SizeBytes);
        Assert.True(image.TryNextData(0, out var start, out var end));
        Assert.InRange(start, 0, 5L << 30);
        Assert.InRange(end, (5L << 30) + 5, 1L << 36);
        Assert.SkipWhen(end == 1L << 36, "This file system does not tell holes.");
        Assert.True(image.TryNextData(end, out start, out end));
        Assert.Equal(1L << 36, end);
        Assert.False(image.TryNextData(end, out _, out _));
        var bytes = new byte[3];
        image.Read((1L << 36) - 3, bytes);
        Assert.Equal("end"u8.ToArray(), bytes);
    }

    [Fact]
    public void A_growing_a_truncated_and_a_touched_image_are_noticed()
    {
        foreach (var change in (Action<string>[])
        [
            p => File.AppendAllText(p, "more"),
            p => File.WriteAllText(p, "x"),
            p => File.SetLastWriteTimeUtc(p, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc)),
        ])
        {
            var path = _folder[Guid.NewGuid().ToString("N")];
            File.WriteAllText(path, "the content of a disk");
            using var image = DiskFile.Open(path);
            image.EnsureUnchanged();
            change(path);
            Assert.Equal(
                ErrorCode.ImageChanged, Assert.Throws<BackupCopyException>(image.EnsureUnchanged).Code);
        }
    }

    [Fact]
    public void Reading_beyond_a_truncation_is_an_error_and_not_zeros()
    {
        var path = _folder["cut.img"];
        File.WriteAllBytes(path, new byte[10_000]);
        using var image = DiskFile.Open(path);
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.SetLength(5_000);
        }

        var error = Assert.Throws<BackupCopyException>(() => image.Read(0, new byte[10_000]));
        Assert.Equal(ErrorCode.ImageChanged, error.Code);
    }

    [Fact]
    public void A_missing_an_empty_and_a_folder_path_are_named_errors()
    {
        File.WriteAllBytes(_folder["empty.img"], []);
        Assert.Equal(ErrorCode.ImageNotFound, Open(_folder["nowhere.img"]));
        Assert.Equal(ErrorCode.ImageNotFound, Open(_folder.Path));
        Assert.Equal(ErrorCode.ImageEmpty, Open(_folder["empty.img"]));
    }

    public void Dispose() => _folder.Dispose();

    private static ErrorCode Open(string path) =>
        Assert.Throws<BackupCopyException>(
            () => ImageSet.Open([new ImagePath(path, "disk")], null, isRaw: true, default)).Code;
}
