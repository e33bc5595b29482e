using BackupCopy.Running.Imaging;

namespace BackupCopy.PowerShell;

/// <summary>What was understood of the names in a folder of images, in words.</summary>
internal static class ImageFolderText
{
    /// <summary>Some names of each kind.</summary>
    public static IEnumerable<string> Lines(ImageFolderLook look) =>
    [
        $"{look.Report.MatchedFiles} of {look.Report.Files} files in {look.Path} match.",
        .. look.Report.Matches.Select(m =>
            $"Matches: {m.Path} is {m.Machine}{(m.Disk is null ? "" : $", disk {m.Disk}")}"
            + $"{(m.Job is null ? "" : $", job {m.Job}")}, {m.TimeUtc.ToLocalTime():yyyy-MM-dd HH:mm:ss} "
            + $"(by {m.Pattern})."),
        .. look.Report.Misses.Select(m => $"Does not match: {m.Path}: {m.Why}."),
    ];

    /// <summary>What an admin should know before the folder is used; null when all is well.</summary>
    public static string? Trouble(ImageFolderLook look) => look.RestorePointCount > 0 ? null
        : $"Nothing in {look.Path} is an image yet by these patterns"
            + (look.Report.Why.Length > 0 ? $": {look.Report.Why}" : look.Report.Files == 0
                ? ": the folder holds no file." : ".")
            + string.Concat(look.Report.Misses.Take(3).Select(m => $" {m.Path}: {m.Why}."))
            + " -Verbose shows more.";
}
