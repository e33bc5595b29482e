using System.Buffers.Binary;
using System.IO.Hashing;
using BackupCopy.Storage;

namespace BackupCopy.Catalog;

/// <summary>
/// The file beside the catalog that holds the pages of the last change. Once it is flushed the change is
/// made: who opens the catalog next finishes writing it if its author could not. A journal that is cut or
/// torn was never acknowledged and is ignored; one marked done is only space to be written over.
/// </summary>
internal sealed class CatalogJournal(IStorage storage, string path)
{
    private const ulong Pending = 0x31444E45504A4342; // "BCJPEND1"
    private const ulong Done = 0x31454E4F444A4342; // "BCJDONE1"

    /// <summary>
    /// The pages of a change that may not have reached the catalog file; null when there is none.
    /// </summary>
    public SortedDictionary<uint, byte[]>? ReadPending()
    {
        using var file = storage.OpenIfThere(path);
        Span<byte> header = stackalloc byte[Layout.Body];
        if (file is null || file.ReadUpTo(header, 0) < header.Length
            || BinaryPrimitives.ReadUInt64LittleEndian(header) != Pending
            || BinaryPrimitives.ReadInt32LittleEndian(header[Layout.PageSize..]) != CatalogPage.SizeBytes)
        {
            return null;
        }

        var count = BinaryPrimitives.ReadUInt32LittleEndian(header[Layout.Count..]);
        var length = Layout.Length(count);
        if (length > file.Length || length > Array.MaxLength)
        {
            return null;
        }

        var bytes = new byte[length];
        file.ReadAll(bytes, 0);
        return Hash(bytes).AsSpan().SequenceEqual(bytes.AsSpan(Layout.Checksum, Layout.ChecksumBytes))
            ? ReadPages(bytes, (int)count)
            : null;
    }

    /// <summary>
    /// Whether a change was once completed here, so that an empty catalog file is no new one.
    /// </summary>
    public bool IsDone()
    {
        using var file = storage.OpenIfThere(path);
        Span<byte> mark = stackalloc byte[sizeof(ulong)];
        return file?.ReadUpTo(mark, 0) == mark.Length
            && BinaryPrimitives.ReadUInt64LittleEndian(mark) == Done;
    }

    /// <summary>Writes the sealed pages and flushes them; from then on the change is made.</summary>
    public void Write(SortedDictionary<uint, byte[]> pages)
    {
        var bytes = new byte[Layout.Length((uint)pages.Count)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Pending);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(Layout.Count), pages.Count);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(Layout.PageSize), CatalogPage.SizeBytes);
        var at = Layout.Body;
        foreach (var (number, page) in pages)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), number);
            page.CopyTo(bytes, at + sizeof(uint));
            at += Layout.EntryBytes;
        }

        Hash(bytes).CopyTo(bytes, Layout.Checksum);
        var isNew = !storage.FileExists(path);
        using var file = storage.Open(path, isNew ? OpenFor.Creating : OpenFor.Changing);
        try
        {
            file.WriteAll(bytes, 0);
            file.Flush();
            if (isNew)
            {
                storage.FlushDirectory(Path.GetDirectoryName(path)!);
            }
        }
        catch
        {
            Revoke(file);
            throw;
        }
    }

    /// <summary>
    /// Says that the catalog file has the pages, durably. Not flushed: losing the mark means writing the same
    /// pages once more.
    /// </summary>
    public void MarkDone()
    {
        Span<byte> mark = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(mark, Done);
        using var file = storage.Open(path, OpenFor.Changing);
        file.WriteAll(mark, 0);
    }

    // What could not be flushed may still be read back whole; a change reported as failed must not come true.
    private static void Revoke(IStorageFile file)
    {
        try
        {
            file.WriteAll(stackalloc byte[sizeof(ulong)], 0);
        }
        catch (BackupCopyException)
        {
            // The error that is on its way says that the storage fails.
        }
    }

    private static SortedDictionary<uint, byte[]> ReadPages(byte[] bytes, int count)
    {
        var pages = new SortedDictionary<uint, byte[]>();
        for (var i = 0; i < count; i++)
        {
            var at = Layout.Body + (i * Layout.EntryBytes);
            var number = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));
            pages[number] = bytes.AsSpan(at + sizeof(uint), CatalogPage.SizeBytes).ToArray();
        }

        return pages;
    }

    private static byte[] Hash(ReadOnlySpan<byte> journal) => XxHash128.Hash(journal[Layout.Count..]);

    private static class Layout
    {
        public const int Checksum = sizeof(ulong);
        public const int ChecksumBytes = 16;
        public const int Count = Checksum + ChecksumBytes;
        public const int PageSize = Count + sizeof(uint);
        public const int Body = PageSize + sizeof(uint);
        public const int EntryBytes = sizeof(uint) + CatalogPage.SizeBytes;

        public static long Length(uint count) => Body + ((long)count * EntryBytes);
    }
}
