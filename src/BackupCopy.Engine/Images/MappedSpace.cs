namespace BackupCopy.Images;

/// <summary>
/// Sees to it that an image does not map its bytes more often than it has them, as tables do that overlap or
/// name each other's blocks: a small file would read as a disk of petabytes. Counts while a disk is walked
/// from front to back; what is walked again is not counted again. For any thread.
/// </summary>
/// <param name="limitBytes">What the file can hold of such bytes, mostly its length.</param>
internal sealed class MappedSpace(ImageFile file, long limitBytes)
{
    private readonly Lock _gate = new();
    private long _walkedTo;
    private long _mappedBytes;

    /// <param name="from">Where the mapped range begins for the guest.</param>
    /// <param name="to">Where it ends.</param>
    /// <param name="storedBytes">How many bytes of the file it uses.</param>
    /// <param name="tableOffset">The table that says so.</param>
    public void Count(long from, long to, long storedBytes, long tableOffset)
    {
        lock (_gate)
        {
            if (to <= _walkedTo)
            {
                return;
            }

            // A part that was walked before is counted in proportion.
            var isNew = from >= _walkedTo;
            _mappedBytes += isNew ? storedBytes
                : (long)((double)storedBytes * (to - _walkedTo) / (to - from));
            _walkedTo = to;
            if (_mappedBytes > limitBytes)
            {
                throw ImageError.Damaged(
                    file.Path, tableOffset, "its tables name the same blocks more than once");
            }
        }
    }
}
