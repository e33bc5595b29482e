namespace BackupCopy.Images;

/// <summary>The errors that images have in common.</summary>
internal static class ImageError
{
    /// <summary>An image that contradicts itself or its format.</summary>
    /// <param name="what">What is wrong, in words that follow a colon.</param>
    public static BackupCopyException Damaged(
        string path, long offset, string what, Exception? inner = null) => new(
        ErrorCode.ImageDamaged, $"The image {path} is damaged at offset {offset}: {what}.",
        "Make the image anew, or look at it with the program that wrote it; nothing was taken from it.",
        inner);

    /// <summary>A sound image with something that is not read.</summary>
    public static BackupCopyException Unsupported(string path, string what, string remedy) => new(
        ErrorCode.ImageUnsupported, $"The image {path} cannot be read: {what}.", remedy);

    /// <summary>An image that leads to files where it may not.</summary>
    public static BackupCopyException Outside(string path, string reference, string root) => new(
        ErrorCode.ImageOutside,
        $"The image {path} needs {reference}, which is not inside {root}.",
        "Put the files that belong together into one folder; an image must not lead anywhere else.");

    public static BackupCopyException NotFound(string path, string message) => new(
        ErrorCode.ImageNotFound, message, $"Check the path: {System.IO.Path.GetFullPath(path)}.");

    public static BackupCopyException Unreadable(string path, Exception error) => new(
        ErrorCode.ImageUnreadable, $"The image {path} cannot be read: {error.Message}",
        "Run as an account that may read it, and check the storage it lies on.", error);

    public static BackupCopyException Changed(string path) => new(
        ErrorCode.ImageChanged, $"The image {path} changed while it was read; no restore point was made.",
        "Take the image of a stopped machine or of a snapshot, and run the command when its writer has "
        + "finished.");
}
