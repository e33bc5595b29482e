namespace BackupCopy.ModuleTests.Fixtures;

/// <summary>Where the build laid what the tests run.</summary>
internal static class Places
{
    private static readonly string s_root = FindRoot();

    public static string Module { get; } = Path.Combine(s_root, "out", "BackupCopy");

    public static string Manifest { get; } = Path.Combine(Module, "BackupCopy.psd1");

    public static string Shell { get; } = Program("src", "BackupCopy.Shell");

    public static string OtherVersion { get; } = Program("tests", "BackupCopy.Module.Tests.OtherVersion");

    public static string Pester { get; } = Path.Combine(s_root, "tests", "BackupCopy.Module.Tests", "Pester");

    public static string LabScript { get; } =
        Path.Combine(s_root, "tests", "BackupCopy.Module.Tests", "Fixtures", "Lab.ps1");

    public static string QuickStart { get; } = Path.Combine(s_root, "samples", "QuickStart.ps1");

    public static string Retention { get; } = Path.Combine(s_root, "samples", "Retention.ps1");

    public static string HealthCheck { get; } = Path.Combine(s_root, "samples", "HealthCheck.ps1");

    private static string Program(string folder, string project)
    {
        var own = Path.Combine(s_root, "tests", "BackupCopy.Module.Tests");
        var configuration = Path.GetRelativePath(own, AppContext.BaseDirectory);
        return Path.Combine(s_root, folder, project, configuration, project + ".dll");
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "BackupCopy.sln")))
        {
            folder = Path.GetDirectoryName(folder)
                ?? throw new DirectoryNotFoundException("BackupCopy.sln lies in no folder above the tests.");
        }

        return folder;
    }
}
