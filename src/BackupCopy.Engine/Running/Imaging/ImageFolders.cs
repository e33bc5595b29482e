using BackupCopy.Format;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Sources.Folders;

namespace BackupCopy.Running.Imaging;

/// <summary>What a folder of images holds by its patterns, for an admin who chooses them.</summary>
/// <param name="Path">The absolute folder.</param>
/// <param name="Report">What was understood of its names and what was not.</param>
public sealed record ImageFolderLook(
    string Path, int MachineCount, int RestorePointCount, PatternReport Report);

/// <summary>Folders of images as repositories: checked, and described.</summary>
internal static class ImageFolders
{
    /// <summary>Errors when the folder cannot serve; one in which nothing matches serves later.</summary>
    public static ImageFolderLook Check(Engine engine, string path, ImageFolderSettings images)
    {
        if (images.SettleTime < TimeSpan.Zero || images.SettleTime > ImageFolderSettings.LongestSettleTime)
        {
            throw new BackupCopyException(
                ErrorCode.InvalidArgument, $"Images cannot settle for {images.SettleTime}.",
                "Choose 0s to 1d.");
        }

        var folder = ImageRepository.FolderOf(engine, path, images);
        if (!engine.Storage.DirectoryExists(path))
        {
            throw new BackupCopyException(
                ErrorCode.RepositoryUnavailable, $"{path} is not there; images are never put there by this.",
                "Name the folder that the other program writes to.");
        }

        RefuseOurs(engine, path);
        var scan = folder.Scan();
        return new ImageFolderLook(
            path, scan.Points.Select(p => p.Machine).Distinct(StringComparer.OrdinalIgnoreCase).Count(),
            scan.Points.Count, scan.Report);
    }

    public static void CheckChange(
        Engine engine, RepositoryDefinition known, string path, ImageFolderChange change,
        ReleaseMode? releaseMode)
    {
        if (known.Images is not { } images)
        {
            throw new BackupCopyException(
                ErrorCode.InvalidArgument,
                $"{known.Name} is no folder of images: it has no -Pattern, -Raw or -SettleTime.",
                "Leave these out.");
        }

        if (releaseMode is not null)
        {
            throw new BackupCopyException(
                ErrorCode.ImageRepository,
                $"{known.Name} is a folder of images: nothing of it is ever released.",
                "Leave -ReleaseMode out.");
        }

        Check(engine, path, change.Of(images));
    }

    public static RepositoryInfo Describe(RepositoryInfo info, ImageRepository repository) => info with
    {
        State = RepositoryState.Available,
        MachineCount = repository.Points.Select(ImageRepository.MachineIdOf).Distinct().Count(),
        RestorePointCount = repository.Points.Count,
        StoredBytes = repository.Points.Sum(p => p.LengthBytes),
        Reason = repository.Problems switch
        {
            [] => "",
            [var only] => only.Message,
            [var first, _] => $"{first.Message} There is one further problem.",
            [var first, ..] all => $"{first.Message} There are {all.Count - 1} further problems.",
        },
    };

    private static void RefuseOurs(Engine engine, string path)
    {
        if (engine.Storage.FileExists(Path.Combine(path, Names.RepositoryFile)))
        {
            throw new BackupCopyException(
                ErrorCode.RepositoryExists,
                $"{path} is a repository of restore points, not a folder of images.",
                "Attach it with Register-BackupCopyRepository; a job copies from it as it is.");
        }
    }
}
