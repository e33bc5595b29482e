using BackupCopy.Blocks;
using BackupCopy.Format;
using FormatRecord = BackupCopy.Format.Record;

namespace BackupCopy.Tests.Format;

/// <summary>
/// Every structure of the format: golden bytes, and what reading them gives, as text to compare.
/// </summary>
internal sealed record Structure(string Name, Func<byte[]> Bytes, Func<byte[], string> Read)
{
    /// <summary>
    /// Where the checksum lies and what it covers from; null where there is none or where it is text.
    /// </summary>
    public (int At, int From)? Checksum { get; init; } = (4, 20);

    /// <summary>
    /// Where read and write version lie; 0 for a record or node, whose version is the file's.
    /// </summary>
    public int VersionAt { get; init; }

    public override string ToString() => Name;
}

internal static class Structures
{
    public static IReadOnlyList<Structure> All { get; } =
    [
        Record("record-zstd"), Record("record-lz4"), Record("record-incompressible"), Record("record-sealed"),
        Record("record-map-node"), Record("record-map-node-sealed"),
        new("map-node in its record", () => RecordPart(Golden.Bytes("record-map-node")), ReadNode),
        new("block-file-header", () => Golden.Bytes("block-file-header"), bytes =>
            BlockFileHeader.Read(bytes, "f").ToString()) { VersionAt = 20 },
        new("index", () => Golden.Bytes("index"), ReadIndex) { VersionAt = 20 },
        Point("point"), Point("point-sealed"), Point("point-unfinished"),
        Mark("mark"), Mark("mark-sealed"),
        new("repository.json", () => Golden.Text("repository.json"), bytes =>
            Convert.ToHexString(RepositoryFile.Read(bytes, "f").ToBytes())) { Checksum = null },
    ];

    public static TheoryData<string> Names => [.. All.Select(structure => structure.Name)];

    public static Structure Named(string name) => All.Single(structure => structure.Name == name);

    /// <summary>
    /// Makes the checksum right again: what remains is refused, if at all, for what it says.
    /// </summary>
    public static void Sum(Structure structure, byte[] bytes)
    {
        if (structure.Checksum is not var (at, from) || bytes.Length < 28)
        {
            return;
        }

        var end = structure.Name.Contains("record", StringComparison.Ordinal)
            ? Math.Clamp(128 + (long)BitConverter.ToUInt32(bytes.AsSpan(24)), from, bytes.Length)
            : bytes.Length;
        StoredChecksum.Write(bytes.AsSpan(from..(int)end), bytes.AsSpan(at));
    }

    private static Structure Record(string name) =>
        new(name, () => RecordPart(Golden.Bytes(name)), ReadRecord);

    // Without the padding, which no checksum covers because nothing reads it.
    private static byte[] RecordPart(byte[] slot) => slot[..(128 + BitConverter.ToInt32(slot.AsSpan(24)))];

    private static Structure Point(string name) => new(name, () => Golden.Bytes(name), bytes =>
        Convert.ToHexString(PointFile.Read(bytes, "f", Known.Key).ToBytes())) { VersionAt = 20 };

    private static Structure Mark(string name) => new(name, () => Golden.Bytes(name), bytes =>
        MarkFile.Read(bytes, "f", Known.Key).ToString()) { VersionAt = 20 };

    private static string ReadRecord(byte[] slot)
    {
        var header = Verified(slot);
        using var codec = new BlockCodec();
        var plain = new byte[header.PlainLength];
        var stored = slot.AsSpan(RecordHeader.Layout.Size, header.StoredLength);
        return codec.TryExpand(header.Codec, stored, plain) && Digest.Of(plain) == header.Digest
            ? $"{header} {Convert.ToHexString(plain)}"
            : throw FormatError.Damaged("f", 0, "a payload of the digest", "another");
    }

    private static RecordHeader Verified(byte[] slot)
    {
        var header = FormatRecord.Verify(slot, "f", 0);
        if (!header.Flags.HasFlag(RecordFlags.Sealed))
        {
            return header;
        }

        using var seal = Known.SealOf(header.Kind);
        return FormatRecord.Open(slot, header, seal, Known.MachineId, "f", 0);
    }

    private static string ReadNode(byte[] slot)
    {
        var header = Verified(slot);
        var entries = new MapEntry[FormatLimits.FanOut];
        MapNode.Read(slot.AsSpan(RecordHeader.Layout.Size, header.StoredLength), 1, 7, entries, "f");
        return string.Join('\n', entries);
    }

    private static string ReadIndex(byte[] bytes)
    {
        var index = IndexFile.Read(bytes, "f");
        var places = string.Join('\n', Enumerable.Range(0, index.Count).Select(i => index[(uint)i]));
        return $"{index.Number} {index.Generation} {index.FileId} {index.SealedLength} {places}";
    }
}
