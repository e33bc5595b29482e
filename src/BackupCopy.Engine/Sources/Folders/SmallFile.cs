using BackupCopy.Format;
using BackupCopy.Images;

namespace BackupCopy.Sources.Folders;

/// <summary>Reads the small files that travel with a point.</summary>
internal static class SmallFile
{
    /// <summary>Null for a file that has gone or is too large now.</summary>
    public static AttachmentEntry? TryRead(FolderFile file)
    {
        try
        {
            // A pipe that took its place would keep whoever opens it.
            if (FileIdentity.Of(file.Path) is not { Kind: FileKind.File })
            {
                return null;
            }

            using var handle = File.OpenHandle(
                file.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var buffer = new byte[FormatLimits.AttachmentBytes + 1];
            var length = 0;
            int read;
            do
            {
                read = RandomAccess.Read(handle, buffer.AsSpan(length), length);
                length += read;
            }
            while (read > 0 && length < buffer.Length);

            return length == buffer.Length ? null
                : new AttachmentEntry(file.Name, buffer.AsMemory(0, length));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw ImageError.Unreadable(file.Path, error);
        }
    }
}
