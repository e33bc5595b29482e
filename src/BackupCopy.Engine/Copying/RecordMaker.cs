using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Format;

namespace BackupCopy.Copying;

/// <summary>Makes a new record of a plain block at the front of a batch's free room.</summary>
internal static class RecordMaker
{
    public static void Store(
        BlockBatch batch, BlockCodec codec, ChainAppender point, long block, Digest digest,
        ReadOnlySpan<byte> plain)
    {
        var payload = batch.Free[RecordHeader.Layout.Size..];
        var stored = codec.TryCompress(point.Compression, plain, payload);
        var isRaw = stored == 0;
        if (isRaw)
        {
            plain.CopyTo(payload);
        }

        var header = new RecordHeader
        {
            Kind = RecordKind.Block,
            Codec = isRaw ? Codec.None : BlockCodec.CodecOf(point.Compression),
            Flags = isRaw && point.Compression != Compression.None
                ? RecordFlags.Incompressible
                : RecordFlags.None,
            StoredLength = isRaw ? plain.Length : stored,
            PlainLength = plain.Length,
            Digest = digest,
            OriginFileId = default,
            OriginOrdinal = 0,
        };
        batch.Store(block, header, point.Alignment);
    }
}
