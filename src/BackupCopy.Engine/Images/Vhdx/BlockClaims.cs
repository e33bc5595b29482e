namespace BackupCopy.Images.Vhdx;

/// <summary>
/// Sees to it that no two blocks of a walk lie on each other, which would be damage, or a small file that
/// reads as a large disk. Exact for the first 4 TiB of a file (at most 512 KiB of memory); beyond, all blocks
/// together may not be larger than the file. What is walked again is not counted again. For any thread.
/// </summary>
internal sealed class BlockClaims(ImageFile file)
{
    private const int UnitShift = 20;
    private const long ExactBytes = 4L << 40;

    private readonly Lock _gate = new();
    private ulong[]? _taken;
    private long _nextBlock;
    private long _claimedBytes;

    public void Claim(long block, long fileOffset, long lengthBytes, long tableOffset)
    {
        lock (_gate)
        {
            if (block < _nextBlock)
            {
                return;
            }

            _nextBlock = block + 1;
            _claimedBytes += lengthBytes;
            if (_claimedBytes > file.LengthBytes || !TryTake(fileOffset, fileOffset + lengthBytes))
            {
                throw ImageError.Damaged(
                    file.Path, tableOffset, "its BAT names the same part of the file for two blocks");
            }
        }
    }

    private bool TryTake(long start, long end)
    {
        const int wordBits = 64;
        var coveredBytes = Math.Min(file.LengthBytes, ExactBytes);
        _taken ??= new ulong[(int)((coveredBytes >> UnitShift) / wordBits + 1)];
        var first = start >> UnitShift;
        var last = (Math.Min(end, ExactBytes) - 1) >> UnitShift;
        while (first <= last)
        {
            var word = (int)(first / wordBits);
            var count = (int)Math.Min(last - first + 1, wordBits - first % wordBits);
            var mask = ulong.MaxValue >> (wordBits - count) << (int)(first % wordBits);
            if ((_taken[word] & mask) != 0)
            {
                return false;
            }

            _taken[word] |= mask;
            first += count;
        }

        return true;
    }
}
