using System.Text;
using BackupCopy.Blocks;

namespace BackupCopy.Format;

internal sealed partial record PointFile
{
    public const uint Magic = 0x50524342; // "BCRP"

    [Flags]
    private enum HeaderFlags : uint
    {
        None = 0,
        Sealed = 1,
        Unfinished = 2,
        Full = 4,
        Known = Sealed | Unfinished | Full,
    }

    private static class Layout
    {
        public const int Magic = 0;
        public const int Checksum = Magic + 4;
        public const int Version = Checksum + StoredChecksum.SizeBytes;
        public const int Flags = Version + 4;
        public const int BodyLength = Flags + 4;
        public const int Sequence = BodyLength + 4;
        public const int TimeUtc = Sequence + 8;
        public const int WrittenUtc = TimeUtc + 8;
        public const int PointId = WrittenUtc + 8;
        public const int RepositoryId = PointId + 16;
        public const int JobId = RepositoryId + 16;
        public const int MachineId = JobId + 16;
        public const int BlockSize = MachineId + 16;
        public const int DiskCount = BlockSize + 4;
        public const int SizeBytes = DiskCount + 4;
        public const int AddedBytes = SizeBytes + 8;
        public const int Reserved = AddedBytes + 8;
        public const int Tag = Reserved + 40;
        public const int Body = Tag + Seal.TagBytes;
    }

    private const int DiskFixedBytes = 16 + 8 + MapEntry.SizeBytes + 8;
    private const int BlockFileBytes = 4 + 1 + 3 + 16 + 8 + 8;

    /// <summary>The whole file; sealed when the repository key is given.</summary>
    public byte[] ToBytes(ReadOnlySpan<byte> repositoryKey = default)
    {
        var bytes = new byte[Layout.Body + BodyBytes()];
        var writer = new ByteWriter(bytes);
        WriteHeader(ref writer, bytes.Length - Layout.Body, isSealed: !repositoryKey.IsEmpty);
        WriteBody(ref writer);
        if (writer.Position != bytes.Length)
        {
            throw new InvalidOperationException(
                $"Point body: {writer.Position} bytes written, {bytes.Length} sized.");
        }

        if (!repositoryKey.IsEmpty)
        {
            // The point id is random and a point is written once, so the pair (key, nonce 0) is used once;
            // the unfinished form has an id of its own.
            using var seal = new Seal(repositoryKey, PointId, SealKind.PointFile);
            seal.Close(
                0, bytes.AsSpan(Layout.Body), bytes.AsSpan(Layout.Version..Layout.Tag),
                bytes.AsSpan(Layout.Tag, Seal.TagBytes));
        }

        StoredChecksum.Write(bytes.AsSpan(Layout.Version), bytes.AsSpan(Layout.Checksum));
        return bytes;
    }

    /// <summary>Reads and verifies a whole file; opens it in place when it is sealed.</summary>
    public static PointFile Read(Span<byte> bytes, string file, ReadOnlySpan<byte> repositoryKey = default)
    {
        var reader = new ByteReader(bytes, file);
        reader.Magic(Magic);
        var checksum = reader.Bytes(StoredChecksum.SizeBytes);
        if (!StoredChecksum.Matches(bytes[Layout.Version..], checksum))
        {
            throw reader.Damaged("a point file that matches its checksum", "another");
        }

        var version = FormatVersion.Take(ref reader, file);
        var flags = (HeaderFlags)reader.U32();
        var bodyLength = reader.Count(FormatLimits.PointFileBytes);
        if ((flags & ~HeaderFlags.Known) != 0 || bodyLength != bytes.Length - Layout.Body)
        {
            throw reader.Damaged(
                $"known flags and a body of {bytes.Length - Layout.Body} bytes", $"{flags}, {bodyLength}");
        }

        var header = ReadHeader(ref reader, version, flags, out var diskCount);
        if (flags.HasFlag(HeaderFlags.Sealed))
        {
            Open(bytes, header.PointId, repositoryKey, file);
        }

        var body = new ByteReader(bytes[Layout.Body..], file, Layout.Body);
        return ReadBody(ref body, header, diskCount);
    }

    private static void Open(Span<byte> bytes, Guid pointId, ReadOnlySpan<byte> repositoryKey, string file)
    {
        if (repositoryKey.IsEmpty)
        {
            throw FormatError.NeedsKey(file);
        }

        using var seal = new Seal(repositoryKey, pointId, SealKind.PointFile);
        if (!seal.TryOpen(
            0, bytes[Layout.Body..], bytes[Layout.Version..Layout.Tag],
            bytes.Slice(Layout.Tag, Seal.TagBytes)))
        {
            throw FormatError.Damaged(file, Layout.Body, "a body that the repository key opens", "another");
        }
    }

    private void WriteHeader(ref ByteWriter writer, int bodyLength, bool isSealed)
    {
        var flags = (isSealed ? HeaderFlags.Sealed : 0) | (IsUnfinished ? HeaderFlags.Unfinished : 0)
            | (IsFull ? HeaderFlags.Full : 0);
        writer.U32(Magic);
        writer.Zeros(StoredChecksum.SizeBytes);
        Version.Put(ref writer);
        writer.U32((uint)flags);
        writer.U32((uint)bodyLength);
        writer.I64(Sequence);
        writer.Time(TimeUtc);
        writer.Time(WrittenUtc);
        writer.Guid(PointId);
        writer.Guid(RepositoryId);
        writer.Guid(JobId);
        writer.Guid(MachineId);
        writer.U32((uint)BlockSizeBytes);
        writer.U32((uint)Disks.Count);
        writer.I64(SizeBytes);
        writer.I64(AddedBytes);
        writer.Zeros(40);
        writer.Zeros(Seal.TagBytes);
    }

    private static PointFile ReadHeader(
        ref ByteReader reader, FormatVersion version, HeaderFlags flags, out int diskCount)
    {
        var sequence = reader.I64();
        var time = reader.Time();
        var written = reader.Time();
        var pointId = reader.Guid();
        var repositoryId = reader.Guid();
        var jobId = reader.Guid();
        var machineId = reader.Guid();
        var blockSize = (int)reader.U32();
        if (!BlockSize.Allowed.Contains(blockSize) || sequence <= 0)
        {
            throw reader.Damaged("a known block size and a sequence", $"{blockSize}, {sequence}");
        }

        diskCount = reader.Count(FormatLimits.Disks);
        var header = new PointFile
        {
            Version = version,
            IsUnfinished = flags.HasFlag(HeaderFlags.Unfinished),
            IsFull = flags.HasFlag(HeaderFlags.Full),
            Sequence = sequence,
            TimeUtc = time,
            WrittenUtc = written,
            PointId = pointId,
            RepositoryId = repositoryId,
            JobId = jobId,
            MachineId = machineId,
            BlockSizeBytes = blockSize,
            SizeBytes = reader.I64(),
            AddedBytes = reader.I64(),
            MachineName = "",
            JobName = "",
            Compression = Compression.None,
        };
        reader.Zeros(40);
        return header;
    }

    private int BodyBytes() =>
        TextBytes(MachineName) + TextBytes(JobName) + TextBytes(GfsReason) + 4
        + 16 + 16 + 8 + 16
        + Disks.Sum(d => DiskFixedBytes + TextBytes(d.Name))
        + 4 + BlockFiles.Count * BlockFileBytes
        + 4 + Attachments.Sum(a => TextBytes(a.Name) + 4 + a.Content.Length);

    private static int TextBytes(string text) => 2 + Encoding.UTF8.GetByteCount(text);

    private void WriteBody(ref ByteWriter writer)
    {
        writer.Text(MachineName);
        writer.Text(JobName);
        writer.Text(GfsReason);
        writer.U8((byte)Gfs);
        writer.U8((byte)Compression);
        writer.Zeros(2);
        writer.Guid(Origin.RepositoryId);
        writer.Guid(Origin.JobId);
        writer.I64(Origin.Sequence);
        writer.Guid(Origin.PointId);
        foreach (var disk in Disks)
        {
            writer.Guid(disk.Id);
            writer.I64(disk.SizeBytes);
            writer.I64(disk.UsedBytes);
            MapNode.Put(ref writer, disk.Root);
            writer.Text(disk.Name);
        }

        writer.U32((uint)BlockFiles.Count);
        foreach (var file in BlockFiles)
        {
            writer.U32(file.Number);
            writer.U8((byte)file.Kind);
            writer.Zeros(3);
            writer.Guid(file.FileId);
            writer.I64(file.BirthSequence);
            writer.I64(file.Uses);
        }

        writer.U32((uint)Attachments.Count);
        foreach (var attachment in Attachments)
        {
            writer.Text(attachment.Name);
            writer.U32((uint)attachment.Content.Length);
            writer.Bytes(attachment.Content.Span);
        }
    }

    private static PointFile ReadBody(ref ByteReader reader, PointFile header, int diskCount)
    {
        var machine = reader.Text();
        var job = reader.Text();
        var gfsReason = reader.Text();
        var gfs = reader.U8();
        var compression = reader.U8();
        if (gfs > 15 || compression > (byte)Compression.High)
        {
            throw reader.Damaged("known GFS flags and compression", $"{gfs}, {compression}");
        }

        reader.Zeros(2);
        var origin = new PointOrigin(reader.Guid(), reader.Guid(), reader.I64(), reader.Guid());
        var disks = new DiskEntry[diskCount];
        for (var i = 0; i < disks.Length; i++)
        {
            disks[i] = ReadDisk(ref reader);
        }

        var files = new BlockFileReference[reader.Count(FormatLimits.BlockFilesOfPoint, BlockFileBytes)];
        for (var i = 0; i < files.Length; i++)
        {
            files[i] = ReadBlockFile(ref reader);
        }

        var attachments = new AttachmentEntry[reader.Count(FormatLimits.Attachments)];
        for (var i = 0; i < attachments.Length; i++)
        {
            var name = reader.Text();
            attachments[i] = new AttachmentEntry(
                name, reader.Bytes(reader.Count(FormatLimits.AttachmentBytes)).ToArray());
        }

        if (reader.Remaining != 0)
        {
            throw reader.Damaged("the end of the file", $"{reader.Remaining} more bytes");
        }

        return header with
        {
            MachineName = machine,
            JobName = job,
            GfsReason = gfsReason,
            Gfs = (GfsFlags)gfs,
            Compression = (Compression)compression,
            Origin = origin,
            Disks = disks,
            BlockFiles = files,
            Attachments = attachments,
        };
    }

    private static DiskEntry ReadDisk(ref ByteReader reader)
    {
        var id = reader.Guid();
        var size = reader.I64();
        var used = reader.I64();
        if (size is < 0 or > FormatLimits.LargestDiskBytes || used < 0)
        {
            throw reader.Damaged(
                $"a disk of at most {FormatLimits.LargestDiskBytes} bytes", $"{size}, {used} used");
        }

        var root = MapNode.Take(ref reader);
        return new DiskEntry
        {
            Id = id,
            SizeBytes = size,
            UsedBytes = used,
            Root = root,
            Name = reader.Text(),
        };
    }

    private static BlockFileReference ReadBlockFile(ref ByteReader reader)
    {
        var number = reader.U32();
        var kind = (BlockFileKind)reader.U8();
        reader.Zeros(3);
        return kind is BlockFileKind.Data or BlockFileKind.Map
            ? new BlockFileReference(number, kind, reader.Guid(), reader.I64(), reader.I64())
            : throw reader.Damaged("a block file of kind 1 or 2", $"{(byte)kind}");
    }
}
