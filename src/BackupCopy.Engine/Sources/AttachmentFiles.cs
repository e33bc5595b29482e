using BackupCopy.Format;

namespace BackupCopy.Sources;

/// <summary>Small files that an admin gives to a restore point, such as a machine's configuration.</summary>
internal static class AttachmentFiles
{
    /// <summary>Reads all of them, or throws what is wrong with the first that cannot travel.</summary>
    public static IReadOnlyList<AttachmentEntry> Read(IReadOnlyList<string> paths)
    {
        if (paths.Count > FormatLimits.Attachments)
        {
            throw new BackupCopyException(
                ErrorCode.InvalidArgument,
                $"{paths.Count} attachments are too many: a restore point takes {FormatLimits.Attachments}.",
                "Pack them into one file.");
        }

        if (paths.GroupBy(Path.GetFileName, StringComparer.OrdinalIgnoreCase).FirstOrDefault(
            g => g.Count() > 1) is { } twins)
        {
            throw new BackupCopyException(
                ErrorCode.InvalidArgument, $"Two attachments are called {twins.Key}.",
                "Give each file a name of its own, or pack them into one file.");
        }

        return [.. paths.Select(Read)];
    }

    private static AttachmentEntry Read(string path)
    {
        // The image's rules: nothing that is no file is opened, and errors name the path.
        using var file = Images.DiskFile.Open(path, "attachment");
        if (file.LengthBytes > FormatLimits.AttachmentBytes)
        {
            throw new BackupCopyException(
                ErrorCode.InvalidArgument,
                $"The attachment {path} has {file.LengthBytes} bytes; "
                + $"{FormatLimits.AttachmentBytes >> 20} MB are possible.",
                "Attach configuration files; give what is larger as an image of its own with -Raw.");
        }

        var bytes = new byte[file.LengthBytes];
        file.Read(0, bytes);
        return new AttachmentEntry(Path.GetFileName(path), bytes);
    }
}
