using BackupCopy.Sources.Folders;
using BackupCopy.Tests.Storage;
using Microsoft.Extensions.Time.Testing;

namespace BackupCopy.Tests.Sources.Folders;

/// <summary>A folder of small files, by the layouts that programs make.</summary>
internal sealed class FolderLab : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public FakeTimeProvider Clock { get; } = new(TimeProvider.System.GetUtcNow());

    public string Path => _folder.Path;

    public string this[string path] => _folder[path];

    /// <summary>Makes files of different lengths, written one minute after another from noon on.</summary>
    public FolderLab With(params string[] paths)
    {
        var time = new DateTime(2026, 11, 22, 12, 0, 0, DateTimeKind.Utc);
        for (var i = 0; i < paths.Length; i++)
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(_folder[paths[i]])!);
            File.WriteAllBytes(_folder[paths[i]], new byte[100 + i]);
            File.SetLastWriteTimeUtc(_folder[paths[i]], time.AddMinutes(i));
        }

        return this;
    }

    public ImageScan Scan(string? pattern = null, bool isRaw = false) =>
        new ImageFolder(_folder.Path, pattern is null ? null : [pattern], isRaw, Clock).Scan();

    /// <summary>One line a point: machine, time, disks with their files, and + attachments.</summary>
    public static string[] Lines(ImageScan scan) =>
    [
        .. scan.Points.Select(p =>
            $"{p.Machine} {p.TimeUtc:yyyy-MM-dd HH:mm:ss} "
            + string.Join(", ", p.Images.Select(i => $"{i.Disk}={i.File.RelativePath}"))
            + string.Concat(p.Parts.Select(f => $" part {f.RelativePath}"))
            + string.Concat(p.Unfinished.Select(f => $" unfinished {f.RelativePath}"))
            + string.Concat(p.Attachments.Select(f => $" + {f.RelativePath}"))),
    ];

    public void Dispose() => _folder.Dispose();
}
