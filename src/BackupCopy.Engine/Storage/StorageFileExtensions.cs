namespace BackupCopy.Storage;

/// <summary>Whole reads and writes over the short ones that a file may do.</summary>
internal static class StorageFileExtensions
{
    public static void WriteAll(this IStorageFile file, ReadOnlySpan<byte> from, long offset)
    {
        while (!from.IsEmpty)
        {
            var written = file.Write(from, offset);
            from = from[written..];
            offset += written;
        }
    }

    /// <summary>Reads until the span is full or the file ends; says how many bytes came.</summary>
    public static int ReadUpTo(this IStorageFile file, Span<byte> to, long offset)
    {
        var total = 0;
        while (total < to.Length)
        {
            var read = file.Read(to[total..], offset + total);
            if (read == 0)
            {
                break;
            }

            total += read;
        }

        return total;
    }

    public static void ReadAll(this IStorageFile file, Span<byte> to, long offset)
    {
        var read = file.ReadUpTo(to, offset);
        if (read != to.Length)
        {
            throw new BackupCopyException(
                ErrorCode.DamagedFile,
                $"{file.Path} is damaged: it ends at {offset + read}, {to.Length - read} bytes are missing "
                + $"at offset {offset + read}.",
                "Restore the file from another copy of the repository, or copy the machine again.");
        }
    }

    /// <summary>
    /// The file opened for reading; null when it is missing. Unlike <see cref="IStorage.FileExists"/>, for
    /// which any error looks like a missing file, an error of the storage is one.
    /// </summary>
    public static IStorageFile? OpenIfThere(this IStorage storage, string path)
    {
        try
        {
            return storage.Open(path, OpenFor.Reading);
        }
        catch (BackupCopyException error) when (error.Code == ErrorCode.MissingFile)
        {
            return null;
        }
    }

    /// <summary>A small file as a whole, refused above the limit before memory is taken for it.</summary>
    public static byte[] ReadSmall(this IStorage storage, string path, int limitBytes)
    {
        using var file = storage.Open(path, OpenFor.Reading);
        var length = file.Length;
        if (length > limitBytes)
        {
            throw Format.FormatError.Damaged(path, 0, $"at most {limitBytes} bytes", $"{length}");
        }

        var bytes = new byte[length];
        file.ReadAll(bytes, 0);
        return bytes;
    }

    /// <summary>
    /// Puts a small file in place as a whole: temporary name, flush, rename. The name itself is durable after
    /// the directory is flushed, which is the caller's step because it often serves several files.
    /// </summary>
    public static void Replace(this IStorage storage, string path, ReadOnlySpan<byte> bytes) =>
        Replace(storage, path, bytes, flush: true);

    /// <summary>
    /// The same for a record that may be lost in a power cut but must never be read half written.
    /// </summary>
    public static void ReplaceUnflushed(this IStorage storage, string path, ReadOnlySpan<byte> bytes) =>
        Replace(storage, path, bytes, flush: false);

    private static void Replace(IStorage storage, string path, ReadOnlySpan<byte> bytes, bool flush)
    {
        var temporary = path + Format.Names.Temporary;
        if (storage.FileExists(temporary))
        {
            storage.Delete(temporary);
        }

        using (var file = storage.Open(temporary, OpenFor.Creating))
        {
            file.WriteAll(bytes, 0);
            if (flush)
            {
                file.Flush();
            }
        }

        storage.Rename(temporary, path);
    }
}
