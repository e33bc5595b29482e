using System.Globalization;
using BackupCopy.Images;

namespace BackupCopy.Sources.Writers;

/// <summary>
/// Who has a file open, as far as the system shows it to this account: for messages only, since another
/// user's, another container's or another host's process is not seen.
/// </summary>
internal static class FileHolders
{
    public const string Unknown = "another process";

    private const int MostLinks = 200_000;
    private const int AccessMask = 3;

    /// <summary>The program and its number; one that writes before one that reads.</summary>
    public static string Of(string path, FileIdentity file)
    {
        if (!OperatingSystem.IsLinux())
        {
            return Unknown;
        }

        var name = Path.GetFileName(path);
        string? reader = null;
        var left = MostLinks;
        foreach (var process in List("/proc").Where(p => int.TryParse(
            Path.GetFileName(p), NumberStyles.None, CultureInfo.InvariantCulture, out _)))
        {
            foreach (var link in List(Path.Combine(process, "fd")))
            {
                if (--left < 0)
                {
                    return reader ?? Unknown;
                }

                if (!Leads(link, name, file))
                {
                    continue;
                }

                if (Writes(process, Path.GetFileName(link)))
                {
                    return Describe(process);
                }

                // What this process has open for reading, such as the question itself, holds nothing.
                reader ??= Path.GetFileName(process) == Own ? null : Describe(process);
            }
        }

        return reader ?? Unknown;
    }

    private static string Own { get; } = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);

    private static string Describe(string process)
    {
        var program = Read(Path.Combine(process, "comm")) ?? "";
        var clean = new string([.. program.Trim().Select(c => char.IsControl(c) ? '?' : c)]);
        return $"{(clean.Length == 0 ? "a program" : clean)} (process {Path.GetFileName(process)})";
    }

    private static bool Leads(string link, string name, FileIdentity file)
    {
        try
        {
            return Path.GetFileName(new FileInfo(link).LinkTarget) == name
                && FileIdentity.Of(link) is { } open
                && (open.Device, open.Inode) == (file.Device, file.Inode);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // The line "flags:" in octal; its last two bits say how the file is open.
    private static bool Writes(string process, string descriptor)
    {
        const string mark = "flags:";
        var line = Read(Path.Combine(process, "fdinfo", descriptor))?.Split('\n')
            .FirstOrDefault(l => l.StartsWith(mark, StringComparison.Ordinal));
        return line is not null && (line.TrimEnd()[^1] & AccessMask) != 0;
    }

    private static string[] List(string folder)
    {
        try
        {
            return Directory.GetFileSystemEntries(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
