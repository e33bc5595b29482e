using BackupCopy.Catalog;
using BackupCopy.Storage;
using BackupCopy.Tests.Storage;
using static BackupCopy.Tests.Catalog.CatalogStoreTests;

namespace BackupCopy.Tests.Catalog;

public sealed class CatalogLockTests : IDisposable
{
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(50);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Waiting_ends_with_an_error_that_names_the_file_and_the_holder()
    {
        var catalog = new CatalogStore(_folder["catalog.db"], s_short);
        catalog.SetSetting("a", "1");
        using (CatalogLock.ForWriting(LocalStorage.Instance, _folder["catalog.db"], s_short))
        {
            Action[] actions = [() => catalog.SetSetting("a", "2"), () => catalog.GetSetting("a")];
            foreach (var action in actions)
            {
                var error = AssertCode(ErrorCode.CatalogUnavailable, action);
                Assert.Contains(_folder["catalog.db"], error.Message, StringComparison.Ordinal);
                Assert.Contains($"process {Environment.ProcessId} ", error.Message, StringComparison.Ordinal);
            }
        }

        Assert.Equal("1", catalog.GetSetting("a"));
    }

    [Fact]
    public void Lock_that_a_reader_holds_names_no_former_writer()
    {
        var catalog = new CatalogStore(_folder["catalog.db"], s_short);
        catalog.SetSetting("a", "1");
        using var held = CatalogLock.ForReading(LocalStorage.Instance, _folder["catalog.db"], s_short);
        var error = AssertCode(ErrorCode.CatalogUnavailable, () => catalog.SetSetting("a", "2"));
        Assert.Contains("another process", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Storage_that_locks_nobody_out_is_refused_before_anything_is_written()
    {
        var storage = new RestrictedStorage { LocksWork = false };
        var error = AssertCode(
            ErrorCode.CatalogUnavailable,
            () => new CatalogStore(storage, _folder["catalog.db"], s_short).SetSetting("a", "1"));
        Assert.Contains("locks do not work", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["catalog.db"]));
    }

    [Fact]
    public void Account_that_may_only_read_reads_with_and_without_a_lock_file()
    {
        new CatalogStore(_folder["catalog.db"]).SetSetting("a", "1");
        var storage = new RestrictedStorage { MayWrite = false };
        var readOnly = new CatalogStore(storage, _folder["catalog.db"], s_short);
        Assert.Equal("1", readOnly.GetSetting("a"));
        AssertCode(ErrorCode.CatalogUnavailable, () => readOnly.SetSetting("a", "2"));

        using (CatalogLock.ForWriting(LocalStorage.Instance, _folder["catalog.db"], s_short))
        {
            AssertCode(ErrorCode.CatalogUnavailable, () => readOnly.GetSetting("a"));
        }

        File.Delete(_folder["catalog.db"] + CatalogFiles.LockSuffix);
        Assert.Equal("1", readOnly.GetSetting("a"));
        Assert.False(File.Exists(_folder["catalog.db"] + CatalogFiles.LockSuffix));
    }
}
