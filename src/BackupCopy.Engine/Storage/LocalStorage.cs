using System.Runtime.InteropServices;
using BackupCopy.Format;

namespace BackupCopy.Storage;

/// <summary>Folders of this machine: local disks, mounted shares, removable drives.</summary>
internal sealed class LocalStorage : IStorage
{
    public static LocalStorage Instance { get; } = new();

    public IStorageFile Open(string path, OpenFor purpose)
    {
        try
        {
            return new LocalStorageFile(path, purpose);
        }
        catch (Exception error) when (StorageError.IsStorage(error))
        {
            throw StorageError.From(error, path);
        }
    }

    public bool FileExists(string path) => File.Exists(path);

    public bool DirectoryExists(string path) => Directory.Exists(path);

    public IReadOnlyList<StorageEntry> List(string directory) => Do(directory, () =>
    {
        var entries = new List<StorageEntry>();
        try
        {
            foreach (var info in new DirectoryInfo(directory).EnumerateFileSystemInfos())
            {
                entries.Add(Entry(info));
            }
        }
        catch (DirectoryNotFoundException)
        {
            // A directory that does not exist has no children; any other failure must not look like that.
        }

        return entries;
    });

    public StorageEntry? Look(string path)
    {
        try
        {
            var file = new FileInfo(path);
            return file.Exists ? Entry(file) : null;
        }
        catch (Exception error) when (StorageError.IsStorage(error))
        {
            return null;
        }
    }

    public void CreateDirectory(string path) => Do(path, () => Directory.CreateDirectory(path));

    public void Rename(string from, string to) => Do(from, () => File.Move(from, to, overwrite: true));

    public void Delete(string path) => Do(path, () => File.Delete(path));

    public void DeleteDirectory(string path) => Do(path, () =>
    {
        try
        {
            Directory.Delete(path, recursive: false);
        }
        catch (DirectoryNotFoundException error)
        {
            // Gone already is what was wanted; a file in its place is reported by the system in the same way.
            if (File.Exists(path))
            {
                throw new IOException("It is a file.", error);
            }
        }
    });

    public void FlushDirectory(string path)
    {
        // NTFS journals names itself and offers no flush of a directory without administrator rights.
        if (!OperatingSystem.IsWindows())
        {
            Do(path, () => Posix.FlushDirectory(path));
        }
    }

    public long AllocatedBytes(string path) => Do(path, () =>
    {
        var length = new FileInfo(path).Length;
        return Math.Min(length, AllocatedSpace.Of(path) ?? length);
    });

    public long FreeBytes(string directory) =>
        Do(directory, () => new DriveInfo(directory).AvailableFreeSpace);

    public StorageAbilities Probe(string directory) => LocalProbe.Run(directory);

    public IDisposable? TryLock(string path, bool shared)
    {
        try
        {
            return shared
                ? new FileStream(path, FileMode.OpenOrCreate, FileAccess.Read, FileShare.Read, bufferSize: 0)
                : new FileStream(
                    path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException error) when (IsHeld(error))
        {
            return null;
        }
        catch (Exception error) when (StorageError.IsStorage(error))
        {
            throw StorageError.From(error, path);
        }
    }

    public IDisposable? Watch(string directory, string ending, Action changed) =>
        IsShared(directory) ? null : FolderWatch.Start(directory, ending, changed);

    public bool IsShared(string directory)
    {
        try
        {
            var drive = new DriveInfo(directory);
            return OperatingSystem.IsWindows()
                ? drive.DriveType == DriveType.Network : NetworkFileSystems.Has(drive.DriveFormat);
        }
        catch (Exception error) when (StorageError.IsStorage(error) || error is ArgumentException)
        {
            return true;
        }
    }

    // The name stays in the list whatever happens to the file meanwhile: a name left out would read as "not
    // there".
    private static StorageEntry Entry(FileSystemInfo info)
    {
        if (info is not FileInfo file)
        {
            return new StorageEntry(info.Name, IsDirectory: true, 0, info.LastWriteTimeUtc);
        }

        try
        {
            return new StorageEntry(info.Name, IsDirectory: false, file.Length, info.LastWriteTimeUtc);
        }
        catch (FileNotFoundException)
        {
            return new StorageEntry(info.Name, IsDirectory: false, 0, default);
        }
    }

    // EWOULDBLOCK from flock on Linux (11) and macOS (35); sharing and lock violations on Windows.
    private static bool IsHeld(IOException error) =>
        error is not (FileNotFoundException or DirectoryNotFoundException)
        && (error.HResult is 11 or 35 or unchecked((int)0x80070020) or unchecked((int)0x80070021));

    private static void Do(string path, Action action) => Do(path, () =>
    {
        action();
        return true;
    });

    private static T Do<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception error) when (StorageError.IsStorage(error))
        {
            throw StorageError.From(error, path);
        }
    }
}
