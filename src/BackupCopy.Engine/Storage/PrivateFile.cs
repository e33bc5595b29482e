namespace BackupCopy.Storage;

/// <summary>
/// A small file that only its owner may read, such as a key. It has its mode from the moment that it exists
/// under any name, and one that others may read is not read.
/// </summary>
internal static class PrivateFile
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>The file's bytes; null when there is none or when it has another length.</summary>
    /// <exception cref="BackupCopyException">
    /// Others may read or change it, or this account may not read it.
    /// </exception>
    public static byte[]? ReadOrNull(string path, int length)
    {
        using var file = LocalStorage.Instance.OpenIfThere(path);
        if (file is null || file.Length != length)
        {
            return null;
        }

        if (IsOpenToOthers(path))
        {
            throw new BackupCopyException(
                ErrorCode.StorageError, $"Other accounts may read {path}.",
                $"Take that away with chmod 600 {path}, and change what it protects.");
        }

        var bytes = new byte[length];
        file.ReadAll(bytes, 0);
        return bytes;
    }

    /// <summary>Puts it in place as a whole and durably; one of this name is replaced.</summary>
    public static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        var temporary = path + Format.Names.Temporary;
        try
        {
            File.Delete(temporary);
            using (var file = new FileStream(temporary, Options()))
            {
                file.Write(bytes);
                file.Flush(flushToDisk: true);
            }

            if (IsOpenToOthers(temporary))
            {
                File.Delete(temporary);
                throw new BackupCopyException(
                    ErrorCode.StorageError,
                    $"The file system of {path} cannot keep a file from other accounts.",
                    "Put the catalog on a file system with owners and modes.");
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception error) when (StorageError.IsStorage(error))
        {
            throw StorageError.From(error, path);
        }

        LocalStorage.Instance.FlushDirectory(Path.GetDirectoryName(path)!);
    }

    /// <summary>Takes from other accounts what they may do with the file; nothing without one.</summary>
    public static void Close(string path)
    {
        try
        {
            if (!OperatingSystem.IsWindows() && File.Exists(path))
            {
                File.SetUnixFileMode(path, Mode);
            }
        }
        catch (Exception error) when (StorageError.IsStorage(error))
        {
            throw StorageError.From(error, path);
        }
    }

    private static bool IsOpenToOthers(string path) =>
        !OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Others) != 0;

    private static FileStreamOptions Options()
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = Mode;
        }

        return options;
    }
}
