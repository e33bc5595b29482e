using BackupCopy.Catalog;
using BackupCopy.Storage;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Catalog;

public sealed class CatalogLocationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Elevated_users_share_the_catalog_of_the_machine_and_others_have_their_own()
    {
        Assert.Equal(_folder["machine/catalog.db"], Places(isElevated: true).Resolve(null));
        Assert.Equal(_folder["user/catalog.db"], Places(isElevated: false).Resolve(""));
    }

    [Fact]
    public void Parameter_beats_variable_beats_default()
    {
        var places = Places(isElevated: true) with { Variable = _folder["variable.db"] };
        Assert.Equal(_folder["variable.db"], places.Resolve(null));
        Assert.Equal(_folder["parameter.db"], places.Resolve(_folder["parameter.db"]));
    }

    [Fact]
    public void Folder_stands_for_the_catalog_in_it()
    {
        var places = Places(isElevated: false);
        Assert.Equal(_folder["catalog.db"], places.Resolve(_folder.Path));
        Assert.Equal(_folder["new/catalog.db"], places.Resolve(_folder["new/"]));
        Assert.Equal(_folder["new"], places.Resolve(_folder["new"]));
        Assert.Equal(Path.GetFullPath("relative.db"), places.Resolve("relative.db"));
    }

    [Fact]
    public void Other_catalogs_are_named_when_they_exist_and_are_not_the_one_in_use()
    {
        var places = Places(isElevated: true) with
        {
            CatalogsOfOthers =
            [
                _folder["user/catalog.db"],
                _folder["alice/catalog.db"],
                _folder["bob/catalog.db"],
            ],
        };
        Assert.Empty(places.OtherReadable(places.MachineCatalog));
        foreach (var catalog in places.CatalogsOfOthers.Take(2).Append(places.MachineCatalog))
        {
            new CatalogStore(catalog).SetSetting("a", "b");
        }

        Assert.Equal(places.CatalogsOfOthers.Take(2), places.OtherReadable(places.MachineCatalog));
        Assert.Equal(
            [places.MachineCatalog, places.CatalogsOfOthers[1]], places.OtherReadable(places.UserCatalog));
    }

    [Fact]
    public void Default_folders_are_closed_to_others()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "File modes are those of Unix.");
        var places = Places(isElevated: true);
        CatalogLocation.CreateFolder(LocalStorage.Instance, places.MachineCatalog, places);
        CatalogLocation.CreateFolder(LocalStorage.Instance, places.UserCatalog, places);
#pragma warning disable CA1416 // skipped on Windows above
        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        const UnixFileMode Group = UnixFileMode.GroupRead | UnixFileMode.GroupExecute;
        Assert.Equal(Owner | Group, File.GetUnixFileMode(_folder["machine"]));
        Assert.Equal(Owner, File.GetUnixFileMode(_folder["user"]));
#pragma warning restore CA1416
    }

    [Fact]
    public void Folder_that_cannot_be_made_is_named()
    {
        File.WriteAllText(_folder["file"], "");
        var catalog = _folder["file/sub/catalog.db"];
        var error = CatalogStoreTests.AssertCode(
            ErrorCode.CatalogUnavailable, () => new CatalogStore(catalog).SetSetting("a", "b"));
        Assert.Contains(catalog, error.Message, StringComparison.Ordinal);
    }

    private CatalogPlaces Places(bool isElevated) => new()
    {
        IsElevated = isElevated,
        Variable = null,
        MachineCatalog = _folder["machine/catalog.db"],
        UserCatalog = _folder["user/catalog.db"],
        CatalogsOfOthers = [],
    };
}
