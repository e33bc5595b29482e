using BackupCopy.Blocks;
using BackupCopy.Format;

namespace BackupCopy.Chains;

/// <summary>Makes the payload of a new record, the same for whoever stores blocks.</summary>
internal static class RecordForm
{
    /// <summary>
    /// Puts the stored form of a block behind the header's room at the front of <paramref name="room"/>. The
    /// header that comes back still lacks its origin.
    /// </summary>
    public static RecordHeader Encode(
        BlockCodec codec, Compression compression, Digest digest, ReadOnlySpan<byte> plain, Span<byte> room)
    {
        var payload = room[RecordHeader.Layout.Size..];
        var stored = codec.TryCompress(compression, plain, payload);
        var isRaw = stored == 0;
        if (isRaw)
        {
            plain.CopyTo(payload);
        }

        return new RecordHeader
        {
            Kind = RecordKind.Block,
            Codec = isRaw ? Codec.None : BlockCodec.CodecOf(compression),
            Flags = isRaw && compression != Compression.None
                ? RecordFlags.Incompressible
                : RecordFlags.None,
            StoredLength = isRaw ? plain.Length : stored,
            PlainLength = plain.Length,
            Digest = digest,
            OriginFileId = default,
            OriginOrdinal = 0,
        };
    }
}
