using System.Runtime.Versioning;
using System.Security.AccessControl;
using System.Security.Principal;
using BackupCopy.Storage;

namespace BackupCopy.Catalog;

/// <summary>
/// Where the catalog lies. Elevated (root, administrator, SYSTEM) it is one for the machine, so that what an
/// administrator makes at the prompt is found by a scheduled task; everybody else has one of their own.
/// </summary>
public static class CatalogLocation
{
    /// <summary>
    /// The environment variable that overrides the default place: a file, or a folder for it.
    /// </summary>
    public const string EnvironmentVariable = "BACKUPCOPY_CATALOG";

    private const UnixFileMode Owner =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>The catalog file to use.</summary>
    /// <param name="catalogPath">
    /// The admin's choice: a file, or a folder (an existing one, or a path that ends in a separator) for
    /// catalog.db. Null or empty for <see cref="EnvironmentVariable"/>, then the default place.
    /// </param>
    public static string Resolve(string? catalogPath = null) =>
        CatalogPlaces.OfThisProcess().Resolve(catalogPath);

    /// <summary>
    /// Other default catalogs that exist and that this user may read: the machine's or the user's own, and
    /// for an elevated user those of all users. An error that something was not found can then say where it
    /// is.
    /// </summary>
    /// <param name="current">The catalog in use, which is left out.</param>
    public static IReadOnlyList<string> OtherReadable(string current) =>
        CatalogPlaces.OfThisProcess().OtherReadable(current);

    /// <summary>
    /// Creates the missing folders of a catalog; below the default places only its owner may enter.
    /// </summary>
    internal static void CreateFolder(IStorage storage, string catalog, CatalogPlaces? places = null)
    {
        var folder = Path.GetDirectoryName(catalog)!;
        if (storage.DirectoryExists(folder))
        {
            return;
        }

        var missing = new List<string> { folder };
        while (Path.GetDirectoryName(missing[^1]) is { } parent && !storage.DirectoryExists(parent))
        {
            missing.Add(parent);
        }

        try
        {
            Create(catalog, folder, places ?? CatalogPlaces.OfThisProcess());
            foreach (var created in missing)
            {
                storage.FlushDirectory(Path.GetDirectoryName(created)!);
            }
        }
        catch (Exception error) when (StorageError.IsStorage(error))
        {
            throw CatalogError.Unavailable(catalog, StorageError.From(error, folder));
        }
        catch (BackupCopyException error) when (CatalogError.IsStorage(error))
        {
            throw CatalogError.Unavailable(catalog, error);
        }
    }

    private static void Create(string catalog, string folder, CatalogPlaces places)
    {
        if (catalog == places.MachineCatalog)
        {
            CreateForAdministrators(folder);
        }
        else if (catalog == places.UserCatalog && !OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder, Owner);
        }
        else
        {
            Directory.CreateDirectory(folder);
        }
    }

    private static void CreateForAdministrators(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            CreateWithAccessList(folder);
            return;
        }

        Directory.CreateDirectory(folder, Owner | UnixFileMode.GroupRead | UnixFileMode.GroupExecute);
    }

    // ProgramData lets every user create files; a job's definition decides what a service runs.
    [SupportedOSPlatform("windows")]
    private static void CreateWithAccessList(string folder)
    {
        var access = new DirectorySecurity();
        access.SetAccessRuleProtection(isProtected: true, preserveInheritance: false);
        WellKnownSidType[] owners =
        [
            WellKnownSidType.BuiltinAdministratorsSid,
            WellKnownSidType.LocalSystemSid,
        ];
        foreach (var owner in owners)
        {
            access.AddAccessRule(new FileSystemAccessRule(
                new SecurityIdentifier(owner, null),
                FileSystemRights.FullControl,
                InheritanceFlags.ContainerInherit | InheritanceFlags.ObjectInherit,
                PropagationFlags.None,
                AccessControlType.Allow));
        }

        access.CreateDirectory(folder);
    }
}
