using BackupCopy.Format;

namespace BackupCopy.Chains;

/// <summary>
/// Puts slots of one chain into another by sharing their extents, on a file system that clones. Slots that
/// are neighbours in both files go in one call. Once the storage refuses a pair of files, nothing more is
/// cloned: the bytes are in memory and are written as if nobody had tried. For many threads.
/// </summary>
internal sealed class RunCloner
{
    private readonly RecordStore _source;
    private volatile bool _isRefused;

    private RunCloner(RecordStore source) => _source = source;

    /// <summary>
    /// Null where slots cannot be shared: another alignment, a target that does not clone, or a source point
    /// that might be removed between the reading and the cloning of its bytes.
    /// </summary>
    public static RunCloner? Between(PointReader source, RepositoryFolder target) =>
        source.IsHeld && target.File.Storage.Clones
            && target.File.AlignmentBytes == FormatLimits.PageAlignment
            && source.Repository.File.AlignmentBytes == target.File.AlignmentBytes
            ? new RunCloner(source.Store)
            : null;

    /// <summary>
    /// Clones what moves as it is of a committed batch, whose slots were verified (I-5), and returns how many
    /// bytes that were. What is cloned is what was verified: a block file is sealed before a point names it,
    /// no byte of it is written again, and while the source point is held none of its records is released.
    /// </summary>
    public long Clone(BlockBatch batch)
    {
        var cloned = 0L;
        if (_isRefused || batch.Run is not { } run)
        {
            return cloned;
        }

        foreach (var piece in batch.Pieces((a, b) => a.Source.IsFollowedBy(b.Source)))
        {
            var from = batch.Blocks[piece.First].Source;
            if (from.IsReleased)
            {
                continue;
            }

            if (!_source.TryClone(from.File, from.Offset, run.File.Handle, piece.Offset, piece.Length))
            {
                _isRefused = true;
                return cloned;
            }

            batch.MarkCloned(piece);
            cloned += piece.Length;
        }

        return cloned;
    }
}
