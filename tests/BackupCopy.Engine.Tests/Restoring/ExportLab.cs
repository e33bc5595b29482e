using BackupCopy.Images;
using BackupCopy.Images.Writing;
using BackupCopy.Reporting;
using BackupCopy.Running;
using BackupCopy.Tests.Images;
using BackupCopy.Tests.Running;

namespace BackupCopy.Tests.Restoring;

/// <summary>Restore points of images that tests lay out, and their exports.</summary>
internal sealed class ExportLab : IDisposable
{
    public EngineLab Engines { get; } = new();

    public string Destination => Engines.PathOf("restored");

    /// <summary>Every file below the destination.</summary>
    public IEnumerable<string> Exported => !Directory.Exists(Destination) ? []
        : Directory.GetFiles(Destination, "*", SearchOption.AllDirectories).Select(Path.GetFileName).Order()!;

    /// <summary>A raw image with random bytes in these ranges and holes around them.</summary>
    public string NewImage(string name, long sizeBytes, params (long Offset, int Length)[] ranges)
    {
        var path = Engines.PathOf(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var file = File.Create(path);
        file.SetLength(sizeBytes);
        var random = new Random(name.Length);
        foreach (var (offset, length) in ranges)
        {
            var bytes = new byte[length];
            random.NextBytes(bytes);
            file.Position = offset;
            file.Write(bytes);
        }

        return path;
    }

    /// <summary>A small file of random bytes.</summary>
    public string NewFile(string name, int length) => NewImage(name, length, (0, length));

    public Task<RestorePointInfo> ImportAsync(
        IReadOnlyList<string> images, IReadOnlyList<string>? attachments = null, bool isRaw = true) =>
        Engines.Engine.RestorePoints.CreateAsync(
            new NewRestorePoint
            {
                Repository = "Primary",
                Machine = "web01",
                Images = images,
                Raw = isRaw,
                Attachments = attachments ?? [],
                Time = Engines.Clock.GetUtcNow().UtcDateTime,
            },
            null,
            default);

    public Task<IReadOnlyList<string>> ExportAsync(
        RestorePointInfo point, ExportFormat format = ExportFormat.Raw, bool replace = false,
        Engine? engine = null, string? destination = null, CancellationToken cancellation = default,
        params IReadOnlyList<string> disks) =>
        (engine ?? Engines.Engine).RestorePoints.ExportAsync(
            point, destination ?? Destination, disks, replace, null, cancellation, format);

    /// <summary>The image holds the bytes of the raw one; so says qemu-img where it is installed.</summary>
    public void AssertSame(string raw, string image, ExportFormat format)
    {
        if (format == ExportFormat.Raw)
        {
            using var session = new ImageSession(null);
            var file = session.Own(DiskFile.Open(image));
            using var disk = ImageFormats.OpenDisk(file, session, new ImageLineage(file), isRaw: true);
            DiskAssert.Same(disk, raw);
            return;
        }

        var whole = WholeSectors(raw);
        DiskAssert.SameAsRaw(image, whole);
        if (QemuImg.IsThere)
        {
            var name = format == ExportFormat.Qcow2 ? "qcow2" : "vhdx";
            QemuImg.Run("check", "-f", name, image);
            QemuImg.Run("compare", "-f", "raw", "-F", name, whole, image);
        }
    }

    // Images other than raw ones count in sectors.
    private string WholeSectors(string raw)
    {
        var length = (new FileInfo(raw).Length + 511) / 512 * 512;
        if (length == new FileInfo(raw).Length)
        {
            return raw;
        }

        var whole = Engines.PathOf(Guid.NewGuid().ToString("N"));
        File.Copy(raw, whole);
        using var file = File.OpenWrite(whole);
        file.SetLength(length);
        return whole;
    }

    public void Dispose() => Engines.Dispose();
}
