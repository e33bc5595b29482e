using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Tests.Storage;

/// <summary>Another host with the same disk, which the system's locks of the first do not reach.</summary>
/// <param name="flushing">Called before each flush of a folder.</param>
internal sealed class ForeignHost(SimulatedDisk disk, Action? flushing = null) : IStorage
{
    public IStorageFile Open(string path, OpenFor purpose) => disk.Open(path, purpose);

    public bool FileExists(string path) => disk.FileExists(path);

    public bool DirectoryExists(string path) => disk.DirectoryExists(path);

    public IReadOnlyList<StorageEntry> List(string directory) => disk.List(directory);

    public void CreateDirectory(string path) => disk.CreateDirectory(path);

    public void Rename(string from, string to) => disk.Rename(from, to);

    public void Delete(string path) => disk.Delete(path);

    public void DeleteDirectory(string path) => disk.DeleteDirectory(path);

    public void FlushDirectory(string path)
    {
        flushing?.Invoke();
        disk.FlushDirectory(path);
    }

    public long FreeBytes(string directory) => disk.FreeBytes(directory);

    public long AllocatedBytes(string path) => disk.AllocatedBytes(path);

    public StorageAbilities Probe(string directory) => disk.Probe(directory);

    public IDisposable? TryLock(string path, bool shared)
    {
        if (!disk.FileExists(path))
        {
            disk.Open(path, OpenFor.Creating).Dispose();
        }

        return new MemoryStream();
    }

    public bool IsShared(string directory) => disk.IsShared(directory);

    public IDisposable? Watch(string directory, string ending, Action changed) => null;
}
