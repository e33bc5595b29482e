using System.Security.Cryptography;
using System.Text;
using BackupCopy.Blocks;
using BackupCopy.Format;
using Record = BackupCopy.Format.Record;

namespace BackupCopy.Tests.Format;

/// <summary>The values whose bytes are golden.</summary>
internal static class Known
{
    public static byte[] Key { get; } = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    public static Guid DataFileId { get; } = new("f11e0000-0000-4000-8000-00000000000a");

    public static Guid MapFileId { get; } = new("f11e0000-0000-4000-8000-00000000000b");

    public static Guid MachineId { get; } = new("3ac41e00-0000-4000-8000-000000000001");

    public static Guid PointId { get; } = new("90147000-0000-4000-8000-000000000005");

    public static Guid SealId { get; } = new("5ea10000-0000-4000-8000-00000000000d");

    /// <summary>A hundred letters A: one zstd frame and one LZ4 block of them, made by hand.</summary>
    public static byte[] Plain { get; } = Encoding.ASCII.GetBytes(new string('A', 100));

    public static byte[] Zstd { get; } = Convert.FromHexString("28b52ffd206423030041");

    public static byte[] Lz4 { get; } = Convert.FromHexString("1f4101004b504141414141");

    public static byte[] Incompressible { get; } =
        [.. Enumerable.Range(0, 50).Select(i => (byte)(i * 37 + 11))];

    public static DateTime Time { get; } = new(2026, 3, 4, 5, 6, 7, DateTimeKind.Utc);

    public static BlockFileHeader BlockFileHeader { get; } = new()
    {
        Kind = BlockFileKind.Data,
        Number = 12,
        Alignment = 4096,
        BirthSequence = 5,
        FileId = DataFileId,
        MachineId = MachineId,
        WriterId = new Guid("34172300-0000-4000-8000-000000000004"),
        CreatedUtc = Time,
    };

    public static RecordPlace[] Places { get; } =
        [new(12, 4096, 4096), new(12, 0, 8192), new(15, 8192, 0x1_2345_6000)];

    public static PointFile Point { get; } = new()
    {
        PointId = PointId,
        Sequence = 5,
        TimeUtc = Time,
        WrittenUtc = new DateTime(2026, 3, 4, 5, 30, 0, DateTimeKind.Utc),
        RepositoryId = new Guid("4e900000-0000-4000-8000-000000000003"),
        JobId = new Guid("10b00000-0000-4000-8000-000000000002"),
        MachineId = MachineId,
        BlockSizeBytes = 512 * 1024,
        IsFull = true,
        SizeBytes = 10 * 512 * 1024 + 4096,
        AddedBytes = 123456,
        MachineName = "web01",
        JobName = "Nightly ☾",
        Compression = Compression.Default,
        Gfs = GfsFlags.Weekly | GfsFlags.Yearly,
        GfsReason = "Weekly: first point after Sunday 06:00.",
        Origin = new PointOrigin(
            new Guid("50000000-0000-4000-8000-000000000007"),
            new Guid("50000000-0000-4000-8000-000000000008"),
            41,
            new Guid("50000000-0000-4000-8000-000000000009")),
        Disks =
        [
            new DiskEntry
            {
                Id = new Guid("d15c0000-0000-4000-8000-000000000006"),
                Name = "system.img",
                SizeBytes = 10 * 512 * 1024 + 4096,
                UsedBytes = 3 * 512 * 1024,
                Root = new MapEntry(DigestOf("root"), new RecordName(13, 2)),
            },
        ],
        BlockFiles =
        [
            new BlockFileReference(12, BlockFileKind.Data, DataFileId, 5, 3),
            new BlockFileReference(13, BlockFileKind.Map, MapFileId, 5, 1),
        ],
        Attachments = [new AttachmentEntry("web01.xml", "<domain/>"u8.ToArray())],
    };

    public static PointFile Unfinished { get; } = Point with
    {
        PointId = new Guid("90147000-0000-4000-8000-00000000000c"),
        WrittenUtc = new DateTime(2026, 3, 4, 5, 10, 0, DateTimeKind.Utc),
        IsUnfinished = true,
        IsFull = false,
        SizeBytes = 0,
        AddedBytes = 0,
        Gfs = GfsFlags.None,
        GfsReason = "",
        Disks = [],
        BlockFiles = [],
        Attachments = [],
    };

    public static MarkFile Mark { get; } = new()
    {
        PointId = PointId,
        Generation = 3,
        ChangedUtc = new DateTime(2026, 4, 1, 12, 0, 0, DateTimeKind.Utc),
        IsHeld = true,
        RemovedGfs = GfsFlags.Monthly,
        Reason = "Kept for the audit – Ada",
    };

    public static RepositoryFile Repository { get; } = new()
    {
        Id = new Guid("4e900000-0000-4000-8000-000000000003"),
        CreatedUtc = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc),
        BlockSizeBytes = 512 * 1024,
        Compression = Compression.Default,
        AlignmentBytes = 4096,
        BlockFileBytes = 4L << 30,
        Storage = new StorageAbilities { Punches = true },
        KeySlots =
        [
            new KeySlot
            {
                Kind = "pbkdf2-sha256", Salt = "AAECAw==", Iterations = 600_000, WrappedKey = "BAUGBw==",
            },
        ],
    };

    /// <summary>Node 7 of level 1.</summary>
    public static MapEntry[] Entries()
    {
        var entries = new MapEntry[FormatLimits.FanOut];
        entries[0] = new MapEntry(DigestOf("child 0"), new RecordName(3, 0));
        entries[9] = new MapEntry(DigestOf("child 9"), new RecordName(3, 1), MapEntryFlags.Shared);
        entries[255] = new MapEntry(DigestOf("child 255"), new RecordName(4, 0x01020304));
        return entries;
    }

    public static byte[] MapNodeBytes()
    {
        var bytes = new byte[MapNode.LargestBytes];
        return bytes[..MapNode.Write(bytes, 1, 7, Entries())];
    }

    /// <summary>A record in a slot of the small alignment.</summary>
    public static byte[] RecordBytes(
        RecordKind kind, Codec codec, byte[] payload, byte[] plain, uint ordinal, bool isSealed = false)
    {
        var header = new RecordHeader
        {
            Kind = kind,
            Codec = codec,
            Flags = codec == Codec.None ? RecordFlags.Incompressible : RecordFlags.None,
            StoredLength = payload.Length,
            PlainLength = plain.Length,
            OriginOrdinal = ordinal,
            OriginFileId = kind == RecordKind.Block ? DataFileId : MapFileId,
            Digest = Digest.Of(plain),
        };
        var slot = new byte[RecordHeader.SlotLength(payload.Length, FormatLimits.SmallAlignment)];
        Array.Fill(slot, (byte)0xcc);
        payload.CopyTo(slot, RecordHeader.Layout.Size);
        using var seal = isSealed ? SealOf(kind) : null;
        Record.Finish(slot, header, seal, MachineId);
        return slot;
    }

    public static Seal SealOf(RecordKind kind) => kind == RecordKind.Block
        ? new Seal(Key, DataFileId, SealKind.DataFile)
        : new Seal(Key, MapFileId, SealKind.MapFile);

    public static byte[] BlockFileHeaderBytes(BlockFileHeader header)
    {
        var bytes = new byte[BlockFileHeader.Size];
        header.Write(bytes);
        return bytes;
    }

    public static byte[] IndexBytes() => IndexFile.Write(12, 2, DataFileId, 16384, Places);

    private static Digest DigestOf(string text) =>
        Digest.Read(SHA256.HashData(Encoding.ASCII.GetBytes(text)));
}
