using BackupCopy.Blocks;
using BackupCopy.Chains;

namespace BackupCopy.Copying;

/// <summary>Makes a new record of a plain block at the front of a batch's free room.</summary>
internal static class RecordMaker
{
    public static void Store(
        BlockBatch batch, BlockCodec codec, ChainAppender point, long block, Digest digest,
        ReadOnlySpan<byte> plain) => batch.Store(
            block, RecordForm.Encode(codec, point.Compression, digest, plain, batch.Free), point.Alignment);
}
