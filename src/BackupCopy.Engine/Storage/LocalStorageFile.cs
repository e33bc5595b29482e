using Microsoft.Win32.SafeHandles;

namespace BackupCopy.Storage;

/// <summary>
/// A file of this machine, opened without sharing locks: who may do what is decided by chain locks.
/// </summary>
internal sealed class LocalStorageFile : IStorageFile
{
    private readonly SafeFileHandle _handle;

    public LocalStorageFile(string path, OpenFor purpose)
    {
        Path = path;
        _handle = File.OpenHandle(
            path,
            purpose == OpenFor.Creating ? FileMode.CreateNew : FileMode.Open,
            purpose == OpenFor.Reading ? FileAccess.Read : FileAccess.ReadWrite,
            FileShare.ReadWrite | FileShare.Delete);
    }

    public string Path { get; }

    public long Length
    {
        get
        {
            try
            {
                return RandomAccess.GetLength(_handle);
            }
            catch (Exception error) when (StorageError.IsStorage(error))
            {
                throw StorageError.From(error, Path);
            }
        }
    }

    public int Read(Span<byte> to, long offset)
    {
        try
        {
            return RandomAccess.Read(_handle, to, offset);
        }
        catch (Exception error) when (StorageError.IsStorage(error))
        {
            throw StorageError.From(error, Path);
        }
    }

    public int Write(ReadOnlySpan<byte> from, long offset)
    {
        try
        {
            RandomAccess.Write(_handle, from, offset);
            return from.Length;
        }
        catch (Exception error) when (StorageError.IsStorage(error))
        {
            throw StorageError.From(error, Path);
        }
    }

    public bool TryClone(IStorageFile from, long fromOffset, long offset, long length)
    {
        try
        {
            return from is LocalStorageFile local
                && RangeClone.Try(local._handle, fromOffset, _handle, offset, length);
        }
        catch (Exception error) when (StorageError.IsStorage(error))
        {
            throw StorageError.From(error, Path);
        }
    }

    public void SetLength(long length)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                HolePunch.MakeSparse(_handle);
            }

            RandomAccess.SetLength(_handle, length);
        }
        catch (Exception error) when (StorageError.IsStorage(error))
        {
            throw StorageError.From(error, Path);
        }
    }

    public void Flush()
    {
        try
        {
            RandomAccess.FlushToDisk(_handle);
        }
        catch (Exception error) when (StorageError.IsStorage(error))
        {
            throw StorageError.From(error, Path);
        }
    }

    public void StartWriteback(long offset, long length)
    {
        if (OperatingSystem.IsLinux())
        {
            Posix.StartWriteback(_handle, offset, length);
        }
    }

    public bool TryPunch(long offset, long length)
    {
        try
        {
            return HolePunch.TryPunch(_handle, offset, length);
        }
        catch (Exception error) when (StorageError.IsStorage(error))
        {
            throw StorageError.From(error, Path);
        }
    }

    public void Dispose() => _handle.Dispose();
}
