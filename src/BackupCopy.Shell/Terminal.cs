namespace BackupCopy.Shell;

/// <summary>What the place that a stream goes to can show.</summary>
internal static class Terminal
{
    /// <summary>A width that long lines of redirected output still fit in.</summary>
    public const int DefaultWidth = 120;

    public static bool IsStyled(bool redirected) =>
        !redirected
        && Environment.GetEnvironmentVariable("TERM") != "dumb"
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    public static int Width =>
        !Console.IsOutputRedirected && Console.WindowWidth is > 0 and var width ? width : DefaultWidth;

    public static int Height =>
        !Console.IsOutputRedirected && Console.WindowHeight is > 0 and var height ? height : 50;
}
