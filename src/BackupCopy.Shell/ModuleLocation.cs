namespace BackupCopy.Shell;

/// <summary>
/// Where the module lies: in a folder BackupCopy beside the executable when both are installed together, else
/// where a build of the repository lays it.
/// </summary>
internal static class ModuleLocation
{
    private const string Manifest = "BackupCopy.psd1";

    public static string? Find()
    {
        var installed = Path.Combine(AppContext.BaseDirectory, "BackupCopy", Manifest);
        if (File.Exists(installed))
        {
            return installed;
        }

        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null)
        {
            var built = Path.Combine(folder.FullName, "out", "BackupCopy", Manifest);
            if (File.Exists(built))
            {
                return built;
            }

            folder = folder.Parent;
        }

        return null;
    }
}
