using BackupCopy.Images.Writing;
using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Copying;
using BackupCopy.Health;
using BackupCopy.Restoring;
using BackupCopy.Retention;
using BackupCopy.Running;
using BackupCopy.Running.Keeping;
using BackupCopy.Sources;
using BackupCopy.Storage;

namespace BackupCopy.Benchmarks.Rows;

/// <summary>
/// The only place that runs the engine's operations. Every operation uses the default codec, digest and block
/// size, works on folders without a catalog, and returns when its result is durable.
/// </summary>
internal static class EngineOperations
{
    private const string Name = "bench";
    private static readonly Guid s_id = new("5f1d8c1e-3a9b-4a52-8f0e-2f6f5c1b7a11");

    /// <summary>Makes an empty repository; not timed.</summary>
    public static void CreateRepository(string repository) => RepositoryFolder.Create(
        LocalStorage.Instance, repository, BlockSize.Default, Compression.Default, DateTime.UtcNow);

    /// <summary>Reads the whole image and publishes its state as the machine's next restore point.</summary>
    public static async Task AppendImageAsync(
        string repository, string image, DateTime timeUtc, bool isRaw = true)
    {
        var folder = RepositoryFolder.Open(LocalStorage.Instance, repository);
        using var images = ImageSet.Open([new ImagePath(image, "disk")], root: null, isRaw, default);
        await PointCopy.FromImagesAsync(
            images.Disks, images.Attachments, ChainOf(folder), Request(folder, timeUtc),
            new CopyOptions(), new CopyProgress(), default);
    }

    /// <summary>Copies the newest restore point of the source's machine to the target.</summary>
    public static async Task CopyNewestAsync(string source, string target)
    {
        using var point = OpenNewest(source);
        var folder = RepositoryFolder.Open(LocalStorage.Instance, target);
        await PointCopy.FromPointAsync(
            point, ChainOf(folder), Request(folder, point.Point.TimeUtc),
            new CopyOptions(), new CopyProgress(), default);
    }

    /// <summary>Writes the disk of the newest restore point as a sparse raw image into a folder.</summary>
    public static async Task ExportNewestAsync(string repository, string folder)
    {
        using var point = OpenNewest(repository);
        var export = new PointExport(
            point, LocalStorage.Instance, ExportFormat.Raw, new CopyOptions(), new CopyProgress());
        await export.RunAsync(point.Point.Disks, folder, replace: false, default);
    }

    /// <summary>
    /// Retention of the machine's chain: all but the newest points go, and their space returns.
    /// </summary>
    public static void KeepNewest(string repository, int kept)
    {
        var transform = new ChainTransform(OpenChain(repository), points =>
        [
            .. points.Select((point, i) => new RetentionDecision
            {
                Point = new RetentionPoint
                {
                    Sequence = point.Sequence, TimeUtc = point.File!.TimeUtc, IsGood = true,
                },
                Keep = i >= points.Count - kept,
            }),
        ]);
        var outcome = transform.Run(default);
        if (outcome.Debt > 0 || outcome.Removed.Count == 0)
        {
            throw new IOException(
                $"{outcome.Removed.Count} points went, {outcome.Debt} should have gone too.");
        }
    }

    /// <summary>Verifies every block of every point.</summary>
    public static async Task CheckAsync(string repository, CheckDepth depth)
    {
        var request = new CheckRequest { Depth = depth, Scope = CheckScope.All, NowUtc = DateTime.UtcNow };
        var outcome = await ChainCheck.RunAsync(OpenChain(repository), request, default);
        if (outcome.Damage.Count > 0 || outcome.CheckedBytes != outcome.TotalBytes)
        {
            throw new IOException(
                $"{outcome.CheckedBytes} of {outcome.TotalBytes} bytes were checked, and "
                + $"{outcome.Damage.Count} damages found.");
        }
    }

    /// <summary>Plans to remove all but the newest points, from opening the repository on.</summary>
    public static RemovalPlan PlanToKeep(string repository, int kept) =>
        PlanToKeep(OpenChain(repository), kept);

    public static RemovalPlan PlanToKeep(Chain chain, int kept)
    {
        var points = chain.Points();
        var going = points.SkipLast(kept).Select(p => p.Sequence).ToHashSet();
        return RemovalPlanner.Plan(chain, points, chain.Tombstones(), going);
    }

    public static Chain OpenChain(string repository) =>
        ChainOf(RepositoryFolder.Open(LocalStorage.Instance, repository));

    /// <summary>A point whose blocks and maps the caller makes.</summary>
    public static ChainAppender BeginPoint(string repository, DateTime timeUtc)
    {
        var folder = RepositoryFolder.Open(LocalStorage.Instance, repository);
        return ChainAppender.Begin(ChainOf(folder), Request(folder, timeUtc));
    }

    private static PointReader OpenNewest(string repository)
    {
        var chain = OpenChain(repository);
        return chain.OpenPoint(chain.Newest() ?? throw new InvalidOperationException("The chain is empty."));
    }

    private static Chain ChainOf(RepositoryFolder folder) =>
        folder.BackupFor(Name, s_id).ChainFor(Name, s_id);

    private static AppendRequest Request(RepositoryFolder folder, DateTime timeUtc) => new()
    {
        MachineId = s_id,
        MachineName = Name,
        JobId = s_id,
        JobName = Name,
        TimeUtc = timeUtc,
        NowUtc = DateTime.UtcNow,
        BlockSizeBytes = folder.File.BlockSizeBytes,
        Compression = folder.File.Compression,
        Purpose = "measuring",
    };
}
