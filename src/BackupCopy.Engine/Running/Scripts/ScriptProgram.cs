using System.Runtime.InteropServices;
using System.Text;
using BackupCopy.Jobs;
using BackupCopy.Storage;

namespace BackupCopy.Running.Scripts;

/// <summary>
/// What has to be started for a script: its file, or pwsh with it. Says what is wrong with a script before
/// it is started, since of a program that the system refuses only a number would be left.
/// </summary>
/// <param name="searchPath">Where programs are looked for, as in PATH.</param>
internal sealed partial class ScriptProgram(IStorage storage, string searchPath)
{
    private const int MayExecute = 1;
    private const int HeadBytes = 256;

    /// <summary>The program and its arguments; null for a .ps1 without a pwsh.</summary>
    /// <exception cref="BackupCopyException">The script is missing or cannot be started.</exception>
    public IReadOnlyList<string>? CommandOf(JobScript script)
    {
        if (!storage.FileExists(script.Path))
        {
            throw new BackupCopyException(
                ErrorCode.ScriptNotFound,
                storage.DirectoryExists(script.Path)
                    ? $"The script {script.Path} is a folder."
                    : $"The script {script.Path} does not exist, or this account cannot see it.",
                "Put it there, or give its whole path with -PreScript or -PostScript of Set-BackupCopyJob.");
        }

        if (Path.GetExtension(script.Path).Equals(".ps1", StringComparison.OrdinalIgnoreCase))
        {
            return Find("pwsh") is { } pwsh
                ? [pwsh, "-NoProfile", "-NonInteractive", "-File", script.Path, .. script.Arguments] : null;
        }

        if (!OperatingSystem.IsWindows())
        {
            CheckMayExecute(script.Path);
            CheckFirstLine(script.Path);
        }

        return [script.Path, .. script.Arguments];
    }

    /// <summary>A program on the search path; null where there is none.</summary>
    public string? Find(string name)
    {
        var file = OperatingSystem.IsWindows() ? name + ".exe" : name;
        return searchPath.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Where(Path.IsPathFullyQualified).Select(folder => Path.Combine(folder, file))
            .FirstOrDefault(path =>
                storage.FileExists(path) && (OperatingSystem.IsWindows() || Access(path, MayExecute) == 0));
    }

    public static BackupCopyException NotStartable(string path, string why, Exception? cause = null) => new(
        ErrorCode.ScriptFailed, $"The script {path} cannot be started: {why}.",
        OperatingSystem.IsWindows()
            ? "Start it by hand to see what is wrong; it has to be a program, a .cmd, a .bat or a .ps1."
            : $"Make it executable with chmod +x '{path}', and let it begin with a line such as #!/bin/sh.",
        cause);

    private static void CheckMayExecute(string path)
    {
        if (Access(path, MayExecute) != 0)
        {
            throw NotStartable(path, "this account may not execute it, or its file system executes nothing");
        }
    }

    // A file without a #! line is refused by the system, but tried as a shell script by some programs that
    // start others; a first line from Windows looks right and names a program that is not there.
    private void CheckFirstLine(string path)
    {
        if (Head(path) is not { } head || head.Contains((byte)0))
        {
            return;
        }

        var text = Encoding.UTF8.GetString(head);
        if (!text.StartsWith("#!", StringComparison.Ordinal))
        {
            throw NotStartable(path, "it does not begin with a #! line");
        }

        var line = text[2..].Split('\n')[0];
        if (line.EndsWith('\r'))
        {
            throw NotStartable(path, "its lines end as on Windows, with CR LF instead of LF");
        }

        var interpreter = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        var isWhole = text.Contains('\n') || head.Length < HeadBytes;
        if (isWhole && Path.IsPathFullyQualified(interpreter ?? "") && !storage.FileExists(interpreter!))
        {
            throw NotStartable(path, $"its #! line names {interpreter}, which does not exist");
        }
    }

    // A program may be executable for those who cannot read it.
    private byte[]? Head(string path)
    {
        try
        {
            using var file = storage.Open(path, OpenFor.Reading);
            var head = new byte[HeadBytes];
            return head[..file.ReadUpTo(head, 0)];
        }
        catch (BackupCopyException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "access", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Access(string path, int mode);
}
