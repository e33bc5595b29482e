using BackupCopy.Images.Writing;
using BackupCopy.Storage;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Restoring;

/// <summary>Exports in every format, from images laid out in every way.</summary>
public sealed class ExportFormatTests : IDisposable
{
    private const int Block = 256 * 1024;

    private static readonly ExportFormat[] s_formats = Enum.GetValues<ExportFormat>();

    private static readonly (long SizeBytes, (long, int)[] Ranges)[] s_disks =
    [
        (16 << 20, [(0, 16 << 20)]),
        (40 << 20, [(0, 512), ((5 << 20) + 1234, 100_000), (33 << 20, 3 << 20), ((40 << 20) - 1, 1)]),
        (1 << 30, [(0, 4096), ((700 << 20) + 17, 10), ((1 << 30) - Block, Block)]),
        (3_000_001, [(0, 3_000_001)]),
        (3_000_001, [(1_000_000, 1)]),
        (Block + 1, [(Block, 1)]),
        (Block - 511, [(0, 1)]),
        (1, [(0, 1)]),
        (16 << 20, []),
        (1_000_003, []),
    ];

    private readonly ExportLab _lab = new();

    public void Dispose() => _lab.Dispose();

    public static TheoryData<ExportFormat, int> DisksInFormats => [.. s_formats.SelectMany(
        f => Enumerable.Range(0, s_disks.Length).Select(i => new TheoryDataRow<ExportFormat, int>(f, i)))];

    public static TheoryData<ExportFormat> Formats => [.. s_formats];

    [Theory]
    [MemberData(nameof(DisksInFormats))]
    public async Task Export_holds_the_disk_and_no_more(ExportFormat format, int disk)
    {
        var (size, ranges) = s_disks[disk];
        var image = _lab.NewImage("web01.img", size, ranges);
        var exported = Assert.Single(await _lab.ExportAsync(await _lab.ImportAsync([image]), format));
        _lab.AssertSame(image, exported, format);

        // A block of the copy and one of the image for each range, and what the format needs of its own.
        var blocks = ranges.Sum(r => r.Item2 + 2L * Block);
        Assert.InRange(LocalStorage.Instance.AllocatedBytes(exported), 0, blocks + (4 << 20));
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task Several_disks_are_files_of_their_own(ExportFormat format)
    {
        string[] images =
        [
            _lab.NewImage("system.img", 2_000_000, (0, 2_000_000)), _lab.NewImage("one/data.img", 9 << 20),
            _lab.NewImage("two/Data.img", 3 << 20, (1 << 20, 70_000)),
        ];
        var point = await _lab.ImportAsync(images);
        var exported = await _lab.ExportAsync(point, format);
        string[] names = format switch
        {
            ExportFormat.Qcow2 => ["system.qcow2", "data.qcow2", "2-Data.qcow2"],
            ExportFormat.Vhdx => ["system.vhdx", "data.vhdx", "2-Data.vhdx"],
            _ => ["system.img", "data.img", "2-Data.img"],
        };
        Assert.Equal(names, exported.Select(Path.GetFileName));
        Assert.Equal(names.Order(), _lab.Exported);
        for (var i = 0; i < images.Length; i++)
        {
            _lab.AssertSame(images[i], exported[i], format);
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task Files_that_are_there_are_replaced_only_when_asked(ExportFormat format)
    {
        var image = _lab.NewImage("web01.img", 3 << 20, (0, 70_000));
        var point = await _lab.ImportAsync([image], [_lab.NewFile("web01.conf", 300)]);
        var exported = await _lab.ExportAsync(point, format);
        File.WriteAllText(exported[0], "kept");
        foreach (var there in exported)
        {
            exported.Where(f => f != there).ToList().ForEach(File.Delete);
            var error = await Assert.ThrowsAsync<BackupCopyException>(() => _lab.ExportAsync(point, format));
            Assert.Equal(ErrorCode.DestinationExists, error.Code);
            Assert.Contains(there, error.Message, StringComparison.Ordinal);
            Assert.Equal([Path.GetFileName(there)], _lab.Exported);
            Assert.Equal(exported, await _lab.ExportAsync(point, format, replace: true));
            _lab.AssertSame(image, exported[0], format);
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task Nothing_is_left_of_a_cancelled_export(ExportFormat format)
    {
        var image = _lab.NewImage("web01.img", 24 << 20, (0, 24 << 20));
        var point = await _lab.ImportAsync([image], [_lab.NewFile("web01.conf", 300)]);
        using var stop = new CancellationTokenSource();
        var writes = 0;
        var engine = _lab.Engines.Hooked((what, path) =>
        {
            if (what == "write" && IsExport(path) && Interlocked.Increment(ref writes) == 5)
            {
                stop.Cancel();
            }
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _lab.ExportAsync(point, format, engine: engine, cancellation: stop.Token));
        Assert.Empty(_lab.Exported);
        _lab.AssertSame(image, Assert.Single(await _lab.ExportAsync(point, format), IsDisk), format);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task Nothing_is_left_when_the_drive_is_full(ExportFormat format)
    {
        using var drive = LoopFileSystem.OrSkip("ext4", 96 << 20);
        var image = _lab.NewImage("web01.img", 32 << 20, (0, 32 << 20));
        var point = await _lab.ImportAsync([image]);
        var ballast = Path.Combine(drive.Path, "ballast");
        var writes = 0;
        var engine = _lab.Engines.Hooked((what, path) =>
        {
            if (what == "write" && path.StartsWith(drive.Path, StringComparison.Ordinal)
                && Interlocked.Increment(ref writes) == 5)
            {
                Fill(drive.Path, ballast, leaveBytes: 4 << 20);
            }
        });
        var restored = Path.Combine(drive.Path, "restored");
        var error = await Assert.ThrowsAsync<BackupCopyException>(
            () => _lab.ExportAsync(point, format, engine: engine, destination: restored));
        Assert.Equal(ErrorCode.TargetFull, error.Code);
        Assert.Empty(Directory.GetFiles(restored, "*", SearchOption.AllDirectories));

        // Now it is known before anything is made.
        Directory.Delete(restored, recursive: true);
        error = await Assert.ThrowsAsync<BackupCopyException>(
            () => _lab.ExportAsync(point, format, destination: restored));
        Assert.Equal(ErrorCode.TargetFull, error.Code);
        Assert.False(Directory.Exists(restored));

        File.Delete(ballast);
        var exported = Assert.Single(await _lab.ExportAsync(point, format, destination: restored));
        _lab.AssertSame(image, exported, format);
    }

    private static void Fill(string folder, string path, long leaveBytes)
    {
        using var file = File.Create(path);
        var bytes = new byte[1 << 20];
        while (LocalStorage.Instance.FreeBytes(folder) > leaveBytes)
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }
    }

    private bool IsExport(string path) => path.StartsWith(_lab.Destination, StringComparison.Ordinal);

    private static bool IsDisk(string path) => !path.EndsWith(".conf", StringComparison.Ordinal);
}
