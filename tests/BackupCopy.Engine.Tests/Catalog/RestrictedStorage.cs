using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Tests.Catalog;

/// <summary>
/// This machine's storage for an account without the right to write, or with locks that do not lock.
/// </summary>
internal sealed class RestrictedStorage : IStorage
{
    private readonly LocalStorage _local = LocalStorage.Instance;

    public bool MayWrite { get; init; } = true;

    public bool LocksWork { get; init; } = true;

    public IStorageFile Open(string path, OpenFor purpose) =>
        _local.Open(path, purpose == OpenFor.Reading || MayWrite ? purpose : throw Denied(path));

    public IDisposable? TryLock(string path, bool shared) => MayWrite || (shared && FileExists(path))
        ? LocksWork ? _local.TryLock(path, shared) : new MemoryStream()
        : throw Denied(path);

    public bool FileExists(string path) => _local.FileExists(path);

    public bool DirectoryExists(string path) => _local.DirectoryExists(path);

    public IReadOnlyList<StorageEntry> List(string directory) => _local.List(directory);

    public void CreateDirectory(string path) => throw Denied(path);

    public void Rename(string from, string to) => throw Denied(from);

    public void Delete(string path) => throw Denied(path);

    public void DeleteDirectory(string path) => throw Denied(path);

    public void FlushDirectory(string path) => _local.FlushDirectory(path);

    public long AllocatedBytes(string path) => _local.AllocatedBytes(path);

    public long FreeBytes(string directory) => _local.FreeBytes(directory);

    public StorageAbilities Probe(string directory) => _local.Probe(directory);

    public bool IsShared(string directory) => _local.IsShared(directory);

    public IDisposable? Watch(string directory, string ending, Action changed) =>
        _local.Watch(directory, ending, changed);

    private static BackupCopyException Denied(string path) =>
        StorageError.From(new UnauthorizedAccessException(), path);
}
