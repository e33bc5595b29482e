namespace BackupCopy.Shell;

/// <summary>The exit codes of pwsh, and the usual one for a process ended by SIGTERM.</summary>
internal static class ExitCode
{
    public const int Success = 0;
    public const int Failure = 1;
    public const int BadCommandLine = 64;
    public const int CannotStart = 70;
    public const int Terminated = 128 + 15;
}
