using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Sources;

namespace BackupCopy.Copying;

/// <summary>
/// Makes a restore point in a chain from images or from another point, disk after disk. Whatever ends it
/// early leaves an unfinished point that the next attempt continues; also one for a newer source.
/// </summary>
internal static class PointCopy
{
    /// <summary>
    /// Copies a restore point; stored records move as they are where block size and codec allow.
    /// </summary>
    public static async Task<PointFile> FromPointAsync(
        PointReader source, Chain target, AppendRequest request, CopyOptions options, CopyProgress progress,
        CancellationToken cancellation)
    {
        using var appender = ChainAppender.Begin(target, request, cancellation);
        progress.BeginAttempt();
        var sameBlocks = source.Point.BlockSizeBytes == request.BlockSizeBytes;
        foreach (var disk in source.Point.Disks)
        {
            var parent = appender.ParentDisk(disk.Id);
            progress.AddTotal(sameBlocks ? ChangedBytes(source, disk, appender, parent) : disk.SizeBytes);
        }

        foreach (var disk in source.Point.Disks)
        {
            var to = appender.BeginDisk(disk.Id, disk.Name, disk.SizeBytes);
            if (sameBlocks)
            {
                var cloner = RunCloner.Between(source, target.Repository);
                await DiskCopy.RunAsync(source, disk, to, cloner, options, progress, cancellation);
            }
            else
            {
                using var content = new PointContent(
                    source, disk, new BlockMender(options.OtherHolder, progress.AddMended));
                await DiskImport.RunAsync(content, to, options, progress, cancellation);
            }
        }

        return Publish(appender, source.Point.Attachments, options);
    }

    /// <summary>
    /// Reads images into a new point; the point appears only if no image changed meanwhile.
    /// </summary>
    /// <param name="attachments">Small files that belong to them.</param>
    public static async Task<PointFile> FromImagesAsync(
        IReadOnlyList<IDiskContent> images, IReadOnlyList<AttachmentEntry> attachments, Chain target,
        AppendRequest request, CopyOptions options, CopyProgress progress, CancellationToken cancellation)
    {
        using var appender = ChainAppender.Begin(target, request, cancellation);
        foreach (var image in images)
        {
            progress.AddTotal(image.SizeBytes);
        }

        var ids = DiskMatch.Identify(images, appender.Parent?.Disks ?? target.Newest()?.File?.Disks ?? []);
        for (var i = 0; i < images.Count; i++)
        {
            var to = appender.BeginDisk(ids[i], images[i].Name, images[i].SizeBytes);
            await DiskImport.RunAsync(images[i], to, options, progress, cancellation);
        }

        foreach (var image in images)
        {
            image.EnsureUnchanged();
        }

        return Publish(appender, attachments, options);
    }

    private static PointFile Publish(
        ChainAppender appender, IReadOnlyList<AttachmentEntry> attachments, CopyOptions options)
    {
        options.Publishing?.Invoke();
        var made = appender.Publish(attachments);
        options.Published?.Invoke(made);
        return made;
    }

    // Walking the difference of two maps reads only the nodes that differ: cheap next to moving the blocks.
    private static long ChangedBytes(
        PointReader source, DiskEntry disk, ChainAppender appender, DiskEntry? parent)
    {
        var before = parent is null ? null : new DiskMap(appender.Store, parent, appender.BlockSizeBytes);
        return MapDiff.Between(source.OpenMap(disk), before).LongCount() * appender.BlockSizeBytes;
    }
}
