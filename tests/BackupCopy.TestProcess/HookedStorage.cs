using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.TestProcess;

/// <summary>
/// This machine's storage with a hook before everything that changes it. The hook may stand still or throw;
/// what it throws fails the operation.
/// </summary>
/// <param name="before">Told the operation ("write", "punch", "rename", …) and the path.</param>
/// <param name="listing">Told the folder before it is listed.</param>
internal sealed class HookedStorage(Action<string, string> before, Action<string>? listing = null) : IStorage
{
    private readonly LocalStorage _local = LocalStorage.Instance;
    private long _writtenBytes;
    private long _openedFiles;

    /// <summary>Content written to files.</summary>
    public long WrittenBytes => _writtenBytes;

    /// <summary>How many files were opened or locked.</summary>
    public long OpenedFiles => _openedFiles;

    public IStorageFile Open(string path, OpenFor purpose)
    {
        Interlocked.Increment(ref _openedFiles);
        if (purpose != OpenFor.Reading)
        {
            before("open", path);
        }

        return new HookedFile(this, _local.Open(path, purpose));
    }

    public bool FileExists(string path) => _local.FileExists(path);

    public bool DirectoryExists(string path) => _local.DirectoryExists(path);

    public IReadOnlyList<StorageEntry> List(string directory)
    {
        listing?.Invoke(directory);
        return _local.List(directory);
    }

    public void CreateDirectory(string path)
    {
        before("create", path);
        _local.CreateDirectory(path);
    }

    /// <summary>The hook is told the new name.</summary>
    public void Rename(string from, string to)
    {
        before("rename", to);
        _local.Rename(from, to);
    }

    public void Delete(string path)
    {
        before("delete", path);
        _local.Delete(path);
    }

    public void DeleteDirectory(string path)
    {
        before("delete", path);
        _local.DeleteDirectory(path);
    }

    public void FlushDirectory(string path)
    {
        before("flush", path);
        _local.FlushDirectory(path);
    }

    public long AllocatedBytes(string path) => _local.AllocatedBytes(path);

    public long FreeBytes(string directory) => _local.FreeBytes(directory);

    public StorageAbilities Probe(string directory) => _local.Probe(directory);

    public StorageEntry? Look(string path) => ((IStorage)_local).Look(path);

    public IDisposable? TryLock(string path, bool shared)
    {
        Interlocked.Increment(ref _openedFiles);
        return _local.TryLock(path, shared);
    }

    public bool IsShared(string directory) => _local.IsShared(directory);

    public IDisposable? Watch(string directory, string ending, Action changed) =>
        _local.Watch(directory, ending, changed);

    private void Before(string operation, string path) => before(operation, path);

    private sealed class HookedFile(HookedStorage storage, IStorageFile file) : IStorageFile
    {
        public string Path => file.Path;

        public long Length => file.Length;

        public int Read(Span<byte> to, long offset) => file.Read(to, offset);

        public int Write(ReadOnlySpan<byte> from, long offset)
        {
            storage.Before("write", Path);
            var written = file.Write(from, offset);
            Interlocked.Add(ref storage._writtenBytes, written);
            return written;
        }

        // The file behind knows only its own kind.
        public bool TryClone(IStorageFile from, long fromOffset, long offset, long length) => false;

        public void SetLength(long length)
        {
            storage.Before("length", Path);
            file.SetLength(length);
        }

        public void Flush()
        {
            storage.Before("flush", Path);
            file.Flush();
        }

        public void StartWriteback(long offset, long length) => file.StartWriteback(offset, length);

        public bool TryPunch(long offset, long length)
        {
            storage.Before("punch", Path);
            return file.TryPunch(offset, length);
        }

        public void Dispose() => file.Dispose();
    }
}
