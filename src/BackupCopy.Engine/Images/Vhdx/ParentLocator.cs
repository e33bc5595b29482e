using System.Buffers.Binary;
using System.Text;

namespace BackupCopy.Images.Vhdx;

/// <summary>How a differencing disk names its parent (MS-VHDX 2.6.2.6): by path and by content.</summary>
/// <param name="Linkage">The parent's <see cref="VhdxHeader.DataWriteId"/>.</param>
/// <param name="Linkage2">Another that is right, too, while a change of the parent is under way.</param>
/// <param name="RelativePath">From the folder of the child.</param>
/// <param name="AbsolutePath">Where it lay on the machine that wrote it.</param>
internal sealed record ParentLocator(
    Guid Linkage, Guid? Linkage2, string? RelativePath, string? AbsolutePath)
{
    private const int HeaderBytes = 20;
    private const int EntryBytes = 12;

    private static readonly Guid s_vhdxType = new("b04aefb7-d19e-4a81-b789-25b8e9445913");

    /// <param name="at">Where it lies in the file.</param>
    public static ParentLocator Read(ImageFile file, long at, ReadOnlySpan<byte> from)
    {
        if (from.Length < HeaderBytes || new Guid(from[..16]) != s_vhdxType)
        {
            throw ImageError.Unsupported(
                file.Path, "its parent is named in an unknown way", "Merge it with its parent.");
        }

        var count = BinaryPrimitives.ReadUInt16LittleEndian(from[18..]);
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            var offset = HeaderBytes + i * EntryBytes;
            if (offset + EntryBytes > from.Length)
            {
                throw ImageError.Damaged(file.Path, at, $"its parent locator has {count} entries");
            }

            var entry = from.Slice(offset, EntryBytes);
            var key = Text(file, at + offset, from, entry, entry[8..]);
            if (key is "parent_linkage" or "parent_linkage2" or "relative_path" or "absolute_win32_path"
                && !values.TryAdd(key, Text(file, at + offset, from, entry[4..], entry[10..])))
            {
                throw ImageError.Damaged(
                    file.Path, at + offset, $"its parent locator has the key {key} twice");
            }
        }

        return values.TryGetValue("parent_linkage", out var linkage) && Guid.TryParse(linkage, out var id)
            ? new ParentLocator(
                id,
                values.TryGetValue("parent_linkage2", out linkage) && Guid.TryParse(linkage, out var other)
                    ? other : null,
                values.GetValueOrDefault("relative_path"),
                values.GetValueOrDefault("absolute_win32_path"))
            : throw ImageError.Damaged(file.Path, at, "its parent locator has no linkage");
    }

    /// <summary>
    /// The parent's file. Files that were moved together have lost their old places, so the name alone is
    /// the last thing tried; that it is the right file is told by its content.
    /// </summary>
    public ImageFile Open(ImageFile child, ImageSession session)
    {
        BackupCopyException? first = null;
        foreach (var reference in References())
        {
            try
            {
                return session.OpenNeighbour(child, reference);
            }
            catch (BackupCopyException error)
                when (error.Code is ErrorCode.ImageNotFound or ErrorCode.ImageOutside)
            {
                first ??= error;
            }
        }

        throw first ?? ImageError.Damaged(child.Path, 0, "its parent locator has no path");
    }

    private IEnumerable<string> References()
    {
        foreach (var path in (string?[])[RelativePath, AbsolutePath])
        {
            if (!string.IsNullOrEmpty(path))
            {
                yield return path.Replace('\\', Path.DirectorySeparatorChar);
            }
        }

        if ((RelativePath ?? AbsolutePath) is { } any
            && any[(any.LastIndexOfAny(['\\', '/']) + 1)..] is { Length: > 0 } name)
        {
            yield return name;
        }
    }

    private static string Text(
        ImageFile file, long at, ReadOnlySpan<byte> from, ReadOnlySpan<byte> offsetField,
        ReadOnlySpan<byte> lengthField)
    {
        var offset = BinaryPrimitives.ReadUInt32LittleEndian(offsetField);
        var length = BinaryPrimitives.ReadUInt16LittleEndian(lengthField);
        if (length > from.Length || offset > from.Length - length)
        {
            throw ImageError.Damaged(
                file.Path, at, $"a text of its parent locator has {length} bytes at {offset}");
        }

        var text = Encoding.Unicode.GetString(from.Slice((int)offset, length));
        return !text.Contains('\0') ? text : throw ImageError.Damaged(
            file.Path, at, "a text of its parent locator has a zero in it");
    }
}
