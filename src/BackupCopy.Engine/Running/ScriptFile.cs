using BackupCopy.Jobs;

namespace BackupCopy.Running;

/// <summary>What can be said of a script without running it.</summary>
internal static class ScriptFile
{
    private const UnixFileMode AnyExecute =
        UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Throws when the script is not there, or may be run by nobody.</summary>
    /// <exception cref="BackupCopyException">
    /// <see cref="ErrorCode.ScriptNotFound"/> or <see cref="ErrorCode.InvalidArgument"/>.
    /// </exception>
    public static void Check(JobScript? script)
    {
        if (script is null)
        {
            return;
        }

        if (!Path.IsPathFullyQualified(script.Path))
        {
            throw new BackupCopyException(
                ErrorCode.InvalidArgument, $"The script {script.Path} could be anywhere.",
                "Give its whole path.");
        }

        if (!File.Exists(script.Path))
        {
            throw new BackupCopyException(
                ErrorCode.ScriptNotFound, $"There is no script {script.Path}.",
                "Give the path of a program or script; its arguments are further items of the list.");
        }

        if (!OperatingSystem.IsWindows() && !IsPowerShell(script)
            && (File.GetUnixFileMode(script.Path) & AnyExecute) == 0)
        {
            throw new BackupCopyException(
                ErrorCode.InvalidArgument, $"The script {script.Path} may be run by nobody.",
                $"Make it executable: chmod +x {script.Path}.");
        }
    }

    public static bool IsPowerShell(JobScript script) =>
        Path.GetExtension(script.Path).Equals(".ps1", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a pwsh lies on the path of this process.</summary>
    public static bool HasPwsh()
    {
        var name = OperatingSystem.IsWindows() ? "pwsh.exe" : "pwsh";
        return (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Any(folder => File.Exists(Path.Combine(folder, name)));
    }
}
