using BackupCopy.Blocks;
using BackupCopy.Format;

namespace BackupCopy.Chains;

/// <summary>
/// Asks whoever else holds a block of a source for its plain bytes; false when nobody has them. From any
/// thread. What it gives is verified by whoever asked.
/// </summary>
internal delegate bool OtherHolder(Guid diskId, long block, Digest digest, Memory<byte> plain);

/// <summary>
/// Takes the blocks of a source that do not verify, or cannot be read, from other holders of their digests,
/// so that a copy carries no damage and loses no point by it.
/// </summary>
/// <param name="mended">Told of each block once.</param>
internal sealed class BlockMender(OtherHolder? other, Action mended)
{
    /// <summary>Whether a block is bad by itself, so that another holder of it is as good.</summary>
    public static bool IsBad(BackupCopyException error) =>
        error.Code is ErrorCode.DamagedBlock || StoredDamage.IsUnreadable(error.Code);

    /// <param name="plain">Of exactly the block's length; its content is lost when this is false.</param>
    /// <param name="isCounted">False for a block that is asked for more than once.</param>
    public bool TryMend(DiskEntry disk, WantedBlock wanted, Memory<byte> plain, bool isCounted = true)
    {
        if (other is null || !other(disk.Id, wanted.Block, wanted.Entry.Digest, plain)
            || Digest.Of(plain.Span) != wanted.Entry.Digest)
        {
            plain.Span.Clear();
            return false;
        }

        if (isCounted)
        {
            mended();
        }

        return true;
    }
}
