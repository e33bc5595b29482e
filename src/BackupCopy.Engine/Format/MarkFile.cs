using System.Text;
using BackupCopy.Blocks;

namespace BackupCopy.Format;

/// <summary>
/// A .bcmark file: what may change about a published point. Replaced as a whole, each time with the next
/// generation. The sealed form has a random id per writing for its key: a generation may be written twice,
/// when the first one was lost before it was in place.
/// </summary>
internal sealed record MarkFile
{
    public const uint Magic = 0x4b4d4342; // "BCMK"
    private const int Version = 4 + StoredChecksum.SizeBytes;
    private const int ReservedBytes = 20;
    private const int PointIdAt = Version + 4 + 4 + 4 + 4;
    private const int Tag = PointIdAt + 16 + 8 + 16 + ReservedBytes;
    private const int Body = Tag + Seal.TagBytes;

    public required Guid PointId { get; init; }

    /// <summary>Counts replacements, from 1.</summary>
    public required uint Generation { get; init; }
    public required DateTime ChangedUtc { get; init; }

    /// <summary>Retention and removal pass a held point by.</summary>
    public bool IsHeld { get; init; }

    /// <summary>The point does not verify and takes no part in anything until it is repaired.</summary>
    public bool IsSetAside { get; init; }

    /// <summary>GFS flags of the point file that no longer count.</summary>
    public GfsFlags RemovedGfs { get; init; }

    /// <summary>Who did it and why, one sentence.</summary>
    public string Reason { get; init; } = "";

    /// <param name="repositoryKey">Empty for a repository that is not encrypted.</param>
    /// <param name="sealId">Never given but for golden bytes: each sealing takes a new one.</param>
    public byte[] ToBytes(ReadOnlySpan<byte> repositoryKey = default, Guid? sealId = null)
    {
        var usedSealId = repositoryKey.IsEmpty ? default : sealId ?? Guid.NewGuid();
        var bytes = new byte[Body + 4 + 2 + Encoding.UTF8.GetByteCount(Reason)];
        if (bytes.Length > FormatLimits.MarkFileBytes)
        {
            throw new BackupCopyException(
                ErrorCode.InvalidArgument,
                $"The reason is too long: its mark would take {bytes.Length} bytes.",
                $"Shorten it: a mark has at most {FormatLimits.MarkFileBytes} bytes.");
        }

        var writer = new ByteWriter(bytes);
        writer.U32(Magic);
        writer.Zeros(StoredChecksum.SizeBytes);
        FormatVersion.Ours.Put(ref writer);
        writer.U32(repositoryKey.IsEmpty ? 0u : 1u);
        writer.U32((uint)(bytes.Length - Body));
        writer.U32(Generation);
        writer.Guid(PointId);
        writer.Time(ChangedUtc);
        writer.Guid(usedSealId);
        writer.Zeros(ReservedBytes);
        writer.Zeros(Seal.TagBytes);
        writer.U8((byte)(IsHeld ? 1 : 0));
        writer.U8((byte)(IsSetAside ? 1 : 0));
        writer.U8((byte)RemovedGfs);
        writer.Zeros(1);
        writer.Text(Reason);
        if (!repositoryKey.IsEmpty)
        {
            using var seal = new Seal(repositoryKey, usedSealId, SealKind.Mark);
            seal.Close(
                Generation, bytes.AsSpan(Body), bytes.AsSpan(Version..Tag), bytes.AsSpan(Tag, Seal.TagBytes));
        }

        StoredChecksum.Write(bytes.AsSpan(Version), bytes.AsSpan(4));
        return bytes;
    }

    /// <exception cref="BackupCopyException">It is another point's.</exception>
    public void EnsureIsOf(Guid pointId, string file)
    {
        if (PointId != pointId)
        {
            throw FormatError.Damaged(file, PointIdAt, $"the mark of {pointId}", $"that of {PointId}");
        }
    }

    public static MarkFile Read(Span<byte> bytes, string file, ReadOnlySpan<byte> repositoryKey = default)
    {
        var reader = new ByteReader(bytes, file);
        reader.Magic(Magic);
        var checksum = reader.Bytes(StoredChecksum.SizeBytes);
        if (!StoredChecksum.Matches(bytes[Version..], checksum))
        {
            throw reader.Damaged("a mark that matches its checksum", "another");
        }

        FormatVersion.Take(ref reader, file);
        var isSealed = reader.U32();
        var bodyLength = reader.Count(FormatLimits.MarkFileBytes);
        var generation = reader.U32();
        var pointId = reader.Guid();
        var changed = reader.Time();
        var sealId = reader.Guid();
        reader.Zeros(ReservedBytes);
        var tag = reader.Bytes(Seal.TagBytes);
        if (isSealed > 1 || bodyLength != reader.Remaining)
        {
            throw reader.Damaged($"a body of {reader.Remaining} bytes", $"{bodyLength}, sealed {isSealed}");
        }

        if (isSealed == 1)
        {
            Open(bytes, generation, sealId, tag, repositoryKey, file);
        }

        var held = reader.U8();
        var aside = reader.U8();
        var gfs = reader.U8();
        reader.Zeros(1);
        if (held > 1 || aside > 1 || gfs > 15)
        {
            throw reader.Damaged("flags of 0 or 1 and known GFS flags", $"{held}, {aside}, {gfs}");
        }

        return new MarkFile
        {
            PointId = pointId,
            Generation = generation,
            ChangedUtc = changed,
            IsHeld = held == 1,
            IsSetAside = aside == 1,
            RemovedGfs = (GfsFlags)gfs,
            Reason = reader.Text(),
        };
    }

    private static void Open(
        Span<byte> bytes, uint generation, Guid sealId, ReadOnlySpan<byte> tag,
        ReadOnlySpan<byte> repositoryKey, string file)
    {
        if (repositoryKey.IsEmpty)
        {
            throw FormatError.NeedsKey(file);
        }

        using var seal = new Seal(repositoryKey, sealId, SealKind.Mark);
        if (!seal.TryOpen(generation, bytes[Body..], bytes[Version..Tag], tag))
        {
            throw FormatError.Damaged(file, Body, "a mark that the repository key opens", "another");
        }
    }
}
