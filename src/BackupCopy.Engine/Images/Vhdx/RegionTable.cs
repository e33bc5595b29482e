using System.Buffers;
using System.Buffers.Binary;

namespace BackupCopy.Images.Vhdx;

/// <summary>
/// Which regions the file has; stored twice, and the first copy counts while its checksum is right (MS-VHDX
/// 2.2.3). No region may lie on another, on the log or on the head of the file.
/// </summary>
internal sealed class RegionTable
{
    public const int SizeBytes = 64 << 10;
    public const int FirstOffset = 192 << 10;
    public const int SecondOffset = 256 << 10;
    private const int EntryCountOffset = Crc32C.ChecksumOffset + sizeof(uint);
    private const int EntriesOffset = 16;
    private const int MostEntries = 2047;

    private RegionTable(StructureRange bat, StructureRange metadata, StructureSpace space)
    {
        Bat = bat;
        Metadata = metadata;
        Space = space;
    }

    public StructureRange Bat { get; }

    public StructureRange Metadata { get; }

    /// <summary>Where no block may lie.</summary>
    public StructureSpace Space { get; }

    private static ReadOnlySpan<byte> Signature => "regi"u8;

    /// <param name="file">With the changes that stand in its log.</param>
    /// <param name="log">Where that log lies, if there is one.</param>
    public static RegionTable Read(ImageFile file, StructureRange? log)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(SizeBytes);
        try
        {
            var table = buffer.AsSpan(0, SizeBytes);
            foreach (var offset in (ReadOnlySpan<int>)[FirstOffset, SecondOffset])
            {
                file.Read(offset, table);
                if (table.StartsWith(Signature) && Crc32C.IsRight(table))
                {
                    return Parse(file, offset, table, log);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        throw ImageError.Damaged(
            file.Path, FirstOffset, "neither copy of its region table has the right checksum");
    }

    /// <summary>Fills one copy of <see cref="SizeBytes"/>.</summary>
    public static void Write(Span<byte> to, params ReadOnlySpan<RegionEntry> entries)
    {
        to.Clear();
        Signature.CopyTo(to);
        BinaryPrimitives.WriteInt32LittleEndian(to[EntryCountOffset..], entries.Length);
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i].Write(to[(EntriesOffset + i * RegionEntry.SizeBytes)..]);
        }

        Crc32C.Put(to);
    }

    private static RegionTable Parse(
        ImageFile file, int offset, ReadOnlySpan<byte> table, StructureRange? log)
    {
        var count = BinaryPrimitives.ReadUInt32LittleEndian(table[EntryCountOffset..]);
        if (count > MostEntries)
        {
            throw ImageError.Damaged(file.Path, offset, $"its region table has {count} entries");
        }

        List<StructureRange> ranges = [new(0, VhdxLimits.HeadBytes)];
        if (log is { } taken)
        {
            ranges.Add(taken);
        }

        StructureRange? bat = null;
        StructureRange? metadata = null;
        for (var i = 0; i < count; i++)
        {
            var at = EntriesOffset + i * RegionEntry.SizeBytes;
            var entry = RegionEntry.Read(table[at..]);
            var range = RangeOf(file, offset + at, entry);
            ranges.Add(range);
            if (entry.Id == RegionEntry.BatId)
            {
                bat = bat is null ? range : throw Twice(file, offset + at);
            }
            else if (entry.Id == RegionEntry.MetadataId)
            {
                metadata = metadata is null ? range : throw Twice(file, offset + at);
            }
            else if (entry.IsRequired)
            {
                throw ImageError.Unsupported(
                    file.Path, $"it needs a region of an unknown kind ({entry.Id})",
                    "Convert it with the program that wrote it.");
            }
        }

        return bat is null || metadata is null
            ? throw ImageError.Damaged(
                file.Path, offset, $"its region table names no {(bat is null ? "BAT" : "metadata")}")
            : new RegionTable(
                bat.Value, metadata.Value, StructureSpace.Of(file, offset, ranges));
    }

    private static StructureRange RangeOf(ImageFile file, long at, RegionEntry entry) =>
        StructureRange.TryMake(file, entry.FileOffset, entry.LengthBytes, out var range)
            ? range
            : throw ImageError.Damaged(
                file.Path, at,
                $"a region begins at {entry.FileOffset} and has {entry.LengthBytes} bytes, "
                + $"in a file of {file.LengthBytes}");

    private static BackupCopyException Twice(ImageFile file, long at) =>
        ImageError.Damaged(file.Path, at, "its region table names the same region twice");
}
