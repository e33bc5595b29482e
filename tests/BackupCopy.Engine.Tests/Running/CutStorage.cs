using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Tests.Running;

/// <summary>
/// This machine's storage, of which a folder can be cut off: by errors, as a share whose server is gone, or
/// like a mount that was detached, which shows an empty folder and takes bytes through open files.
/// </summary>
/// <param name="before">Told the operation and the path before it, reading included.</param>
internal sealed class CutStorage(Action<string, string> before) : IStorage
{
    private readonly LocalStorage _local = LocalStorage.Instance;
    private volatile Cut? _cut;

    /// <summary>What was made in the empty folder of a detached mount.</summary>
    public List<string> MadeInEmptyFolder { get; } = [];

    public void CutOff(string folder, int error) => _cut = new Cut(folder, error);

    public void Detach(string folder) => _cut = new Cut(folder, null);

    public void Mend() => _cut = null;

    public IStorageFile Open(string path, OpenFor purpose)
    {
        By("open", path);
        if (purpose == OpenFor.Creating && IsDetached(path))
        {
            Made(path);
        }

        return new CutFile(this, _local.Open(path, purpose));
    }

    public bool FileExists(string path) => !IsCut(path) && _local.FileExists(path);

    public bool DirectoryExists(string path) =>
        IsDetached(path) ? path == _cut!.Folder : !IsCut(path) && _local.DirectoryExists(path);

    public IReadOnlyList<StorageEntry> List(string directory)
    {
        before("list", directory);
        return IsDetached(directory) ? [] : Checked(directory, () => _local.List(directory));
    }

    public void CreateDirectory(string path)
    {
        if (IsDetached(path) && Path.GetDirectoryName(path) == _cut!.Folder)
        {
            Made(path);
        }

        By("create", path);
        _local.CreateDirectory(path);
    }

    public void Rename(string from, string to)
    {
        By("rename", to);
        _local.Rename(from, to);
    }

    public void Delete(string path)
    {
        By("delete", path);
        _local.Delete(path);
    }

    public void DeleteDirectory(string path)
    {
        By("delete", path);
        _local.DeleteDirectory(path);
    }

    public void FlushDirectory(string path)
    {
        By("flush", path);
        _local.FlushDirectory(path);
    }

    public long AllocatedBytes(string path) => Checked(path, () => _local.AllocatedBytes(path));

    public long FreeBytes(string directory) => Checked(directory, () => _local.FreeBytes(directory));

    public StorageAbilities Probe(string directory) => _local.Probe(directory);

    public IDisposable? TryLock(string path, bool shared) =>
        Checked(path, () => _local.TryLock(path, shared));

    public bool IsShared(string directory) => _local.IsShared(directory);

    public IDisposable? Watch(string directory, string ending, Action changed) => null;

    private void Tell(string operation, string path) => before(operation, path);

    private void Made(string path)
    {
        lock (MadeInEmptyFolder)
        {
            MadeInEmptyFolder.Add(path);
        }
    }

    private bool IsCut(string path) =>
        _cut is { } cut && path.StartsWith(cut.Folder, StringComparison.Ordinal);

    private bool IsDetached(string path) => IsCut(path) && _cut!.Error is null;

    private void By(string operation, string path)
    {
        before(operation, path);
        Check(path);
    }

    private void Check(string path)
    {
        if (IsCut(path))
        {
            throw StorageError.From(
                _cut!.Error is { } error
                    ? new IOException($"errno {error}", error) : new DirectoryNotFoundException(),
                path);
        }
    }

    private T Checked<T>(string path, Func<T> action)
    {
        Check(path);
        return action();
    }

    private sealed record Cut(string Folder, int? Error);

    private sealed class CutFile(CutStorage storage, IStorageFile file) : IStorageFile
    {
        public string Path => file.Path;

        public long Length => Do("look", () => file.Length);

        public int Read(Span<byte> to, long offset)
        {
            Before("read");
            return file.Read(to, offset);
        }

        public int Write(ReadOnlySpan<byte> from, long offset)
        {
            Before("write");
            return file.Write(from, offset);
        }

        public bool TryClone(IStorageFile from, long fromOffset, long offset, long length) => false;

        public void SetLength(long length)
        {
            Before("length");
            file.SetLength(length);
        }

        public void Flush()
        {
            Before("flush");
            file.Flush();
        }

        public void StartWriteback(long offset, long length)
        {
        }

        public bool TryPunch(long offset, long length) => Do("punch", () => file.TryPunch(offset, length));

        public void Dispose() => file.Dispose();

        private T Do<T>(string operation, Func<T> action)
        {
            Before(operation);
            return action();
        }

        // An open file of a detached mount works as before.
        private void Before(string operation)
        {
            storage.Tell(operation, Path);
            if (!storage.IsDetached(Path))
            {
                storage.Check(Path);
            }
        }
    }
}
