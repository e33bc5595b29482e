using System.Buffers.Binary;
using System.IO.Hashing;

namespace BackupCopy.Catalog;

/// <summary>
/// One page of the catalog file. LiteDB keeps no checksums, but leaves the transaction field of a page in the
/// data file unused (all ones); on disk that field holds a checksum of the page, so that a torn or decayed
/// page is an error and never data.
/// </summary>
internal static class CatalogPage
{
    public const int SizeBytes = 8192;
    private const uint Unused = uint.MaxValue;

    public static void Seal(Span<byte> page, uint number)
    {
        var field = page.Slice(Layout.Transaction, sizeof(uint));
        if (BinaryPrimitives.ReadUInt32LittleEndian(field) != Unused)
        {
            throw new InvalidOperationException($"Page {number} still belongs to a transaction.");
        }

        BinaryPrimitives.WriteUInt32LittleEndian(field, Checksum(page, number));
    }

    public static bool TryUnseal(Span<byte> page, uint number)
    {
        var field = page.Slice(Layout.Transaction, sizeof(uint));
        var stored = BinaryPrimitives.ReadUInt32LittleEndian(field);
        BinaryPrimitives.WriteUInt32LittleEndian(field, Unused);
        return stored == Checksum(page, number);
    }

    /// <summary>How many pages the header page says are in use; the file is never shorter.</summary>
    public static long UsedPages(ReadOnlySpan<byte> headerPage) =>
        BinaryPrimitives.ReadUInt32LittleEndian(headerPage[Layout.LastPage..]) + 1L;

    private static uint Checksum(ReadOnlySpan<byte> page, uint number) =>
        (uint)XxHash3.HashToUInt64(page, number);

    private static class Layout
    {
        public const int Transaction = 14;
        public const int LastPage = 64;
    }
}
