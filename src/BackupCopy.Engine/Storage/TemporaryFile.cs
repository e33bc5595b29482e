using System.Text;

namespace BackupCopy.Storage;

/// <summary>
/// A file for another program to read, in a folder of its own that this user alone may enter; gone when it is
/// disposed.
/// </summary>
internal sealed class TemporaryFile : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly DirectoryInfo _folder;

    private TemporaryFile(DirectoryInfo folder, string path)
    {
        _folder = folder;
        Path = path;
    }

    public string Path { get; }

    public static TemporaryFile Write(string name, string text)
    {
        DirectoryInfo? folder = null;
        try
        {
            folder = Directory.CreateTempSubdirectory("backupcopy-");
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = OwnerOnly;
            }

            var made = new TemporaryFile(folder, System.IO.Path.Combine(folder.FullName, name));
            using var file = new FileStream(made.Path, options);
            file.Write(Encoding.UTF8.GetBytes(text));
            return made;
        }
        catch (Exception error) when (StorageError.IsStorage(error))
        {
            throw StorageError.From(error, folder?.FullName ?? System.IO.Path.GetTempPath());
        }
    }

    public void Dispose()
    {
        try
        {
            _folder.Delete(recursive: true);
        }
        catch (Exception error) when (StorageError.IsStorage(error))
        {
            // Its reader may have removed it, or hold it open; that is no reason for a session to fail.
        }
    }
}
