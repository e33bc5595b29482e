namespace BackupCopy.Images.Vma;

/// <summary>
/// Tells, while an archive is walked that can only be read from front to back, which clusters of one disk can
/// stay where they are: reading the disk in its order must meet them in about the order of the archive. The
/// others, that a guest's writes brought forward while the backup ran, have to be put aside.
/// </summary>
internal sealed class FrontToBack
{
    /// <summary>
    /// Disorder within two such slices of the archive stays: the window of <see cref="Wrapped.WrappedFile"/>
    /// is larger by what readers are ahead of each other.
    /// </summary>
    private const long SliceBytes = 4 << 20;

    /// <summary>16 MiB: pieces that are copied at a time overtake each other.</summary>
    private const long MostAhead = 256;

    private long _slice;
    private long _highest = -1;
    private long _highestBeforeSlice = -1;
    private long _highestBeforeLastSlice = -1;
    private long _complete;

    /// <param name="cluster">The one that comes next in the archive, once each.</param>
    /// <param name="position">Where it lies there.</param>
    /// <param name="isThere">Whether a cluster came already.</param>
    public bool CanStay(long cluster, long position, Func<long, bool> isThere)
    {
        var slice = position / SliceBytes;
        if (slice > _slice)
        {
            _highestBeforeLastSlice = slice == _slice + 1 ? _highestBeforeSlice : _highest;
            _highestBeforeSlice = _highest;
            _slice = slice;
        }

        if (cluster <= _highestBeforeLastSlice || IsFarAhead(cluster, isThere))
        {
            return false;
        }

        _highest = Math.Max(_highest, cluster);
        return true;
    }

    // What came before does not come again: the copying passes it by.
    private bool IsFarAhead(long cluster, Func<long, bool> isThere)
    {
        if (cluster <= _highest + MostAhead)
        {
            return false;
        }

        _complete = Math.Max(_complete, _highestBeforeLastSlice + 1);
        while (_complete < cluster && isThere(_complete))
        {
            _complete++;
        }

        return cluster > _complete + MostAhead;
    }
}
