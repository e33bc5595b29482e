using System.Text;
using BackupCopy.Storage;

namespace BackupCopy.Catalog;

/// <summary>The default places of one process, as a value.</summary>
internal sealed record CatalogPlaces
{
    private const string FileName = "catalog.db";
    private const int AccountsLimitBytes = 1 << 20;

    public required bool IsElevated { get; init; }

    /// <summary>The value of BACKUPCOPY_CATALOG; null or empty when it is not set.</summary>
    public required string? Variable { get; init; }

    public required string MachineCatalog { get; init; }

    public required string UserCatalog { get; init; }

    /// <summary>The catalogs that other users of the machine would have by default.</summary>
    public required IReadOnlyList<string> CatalogsOfOthers { get; init; }

    public static CatalogPlaces OfThisProcess()
    {
        var isElevated = Environment.IsPrivilegedProcess;
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return new CatalogPlaces
        {
            IsElevated = isElevated,
            Variable = Environment.GetEnvironmentVariable(CatalogLocation.EnvironmentVariable),
            MachineCatalog = MachinePlace(),
            UserCatalog = UserPlace(home, Environment.GetEnvironmentVariable("XDG_DATA_HOME")),
            CatalogsOfOthers = isElevated ? [.. Homes(home).Select(other => UserPlace(other, null))] : [],
        };
    }

    public string Resolve(string? catalogPath)
    {
        var chosen = string.IsNullOrEmpty(catalogPath) ? Variable : catalogPath;
        if (string.IsNullOrEmpty(chosen))
        {
            return IsElevated ? MachineCatalog : UserCatalog;
        }

        var path = Path.GetFullPath(chosen);
        var isFolder = Path.EndsInDirectorySeparator(path) || Directory.Exists(path);
        return isFolder ? Path.Combine(path, FileName) : path;
    }

    public IReadOnlyList<string> OtherReadable(string current) =>
    [
        .. CatalogsOfOthers.Prepend(UserCatalog).Prepend(MachineCatalog)
            .Distinct(StringComparer.Ordinal)
            .Where(catalog => catalog != Path.GetFullPath(current) && IsReadable(catalog)),
    ];

    private static bool IsReadable(string catalog)
    {
        try
        {
            // In somebody else's folder may lie anything; opening a pipe for reading would never return.
            if (new FileInfo(catalog) is not { Exists: true, LinkTarget: null, Length: > 0 })
            {
                return false;
            }

            LocalStorage.Instance.Open(catalog, OpenFor.Reading).Dispose();
            return true;
        }
        catch (Exception error) when (StorageError.IsStorage(error) || error is BackupCopyException)
        {
            return false;
        }
    }

    private static string MachinePlace() => OperatingSystem.IsWindows()
        ? Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.CommonApplicationData),
            "BackupCopy",
            FileName)
        : $"/var/lib/backupcopy/{FileName}";

    private static string UserPlace(string home, string? dataHome)
    {
        if (OperatingSystem.IsWindows())
        {
            return Path.Combine(home, "AppData", "Local", "BackupCopy", FileName);
        }

        // The specification of XDG_DATA_HOME: a relative path is to be ignored.
        var data = Path.IsPathFullyQualified(dataHome ?? "")
            ? dataHome!
            : Path.Combine(home, ".local", "share");
        return Path.Combine(data, "backupcopy", FileName);
    }

    private static IEnumerable<string> Homes(string home)
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                var accounts = LocalStorage.Instance.ReadSmall("/etc/passwd", AccountsLimitBytes);
                return Encoding.UTF8.GetString(accounts)
                    .Split('\n')
                    .Select(line => line.Split(':'))
                    .Where(fields => fields.Length > 5 && Path.IsPathFullyQualified(fields[5]))
                    .Select(fields => fields[5])
                    .ToList();
            }

            var parent = OperatingSystem.IsMacOS() ? "/Users" : Path.GetDirectoryName(home);
            return Directory.Exists(parent) ? Directory.GetDirectories(parent) : [];
        }
        catch (Exception error) when (StorageError.IsStorage(error) || error is BackupCopyException)
        {
            return [];
        }
    }
}
