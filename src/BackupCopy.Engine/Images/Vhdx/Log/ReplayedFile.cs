using System.Buffers.Binary;

namespace BackupCopy.Images.Vhdx.Log;

/// <summary>A file as it would be after the replay of its log. Owns nothing.</summary>
/// <param name="lengthBytes">The replay may make it longer; there it reads as zeros.</param>
/// <param name="changes">In the order of the file, none overlapping.</param>
internal sealed class ReplayedFile(ImageFile file, long lengthBytes, LogChange[] changes)
    : ImageFile(file.Path)
{
    public override long LengthBytes => lengthBytes;

    public override bool TryNextData(long offset, out long start, out long end)
    {
        var found = file.TryNextData(offset, out start, out end);
        for (var i = FirstBehind(offset); i < changes.Length; i++)
        {
            if (found && changes[i].Start >= start)
            {
                break;
            }

            if (changes[i].Source != LogChange.Zeros)
            {
                start = Math.Max(offset, changes[i].Start);
                end = changes[i].End;
                return true;
            }
        }

        return found;
    }

    public override void EnsureUnchanged() => file.EnsureUnchanged();

    protected override void ReadInside(long offset, Span<byte> to)
    {
        for (var i = FirstBehind(offset); to.Length > 0; i++)
        {
            var change = i < changes.Length ? changes[i] : default;
            var plain = i < changes.Length
                ? Math.Min(to.Length, Math.Max(0, change.Start - offset)) : to.Length;
            ReadPlain(offset, to[..(int)plain]);
            offset += plain;
            to = to[(int)plain..];
            if (to.Length > 0)
            {
                var length = (int)Math.Min(to.Length, change.End - offset);
                ReadChange(change, offset - change.Start, to[..length]);
                offset += length;
                to = to[length..];
            }
        }
    }

    private void ReadPlain(long offset, Span<byte> to)
    {
        var inside = (int)Math.Clamp(file.LengthBytes - offset, 0, to.Length);
        if (inside > 0)
        {
            file.Read(offset, to[..inside]);
        }

        to[inside..].Clear();
    }

    private void ReadChange(LogChange change, long within, Span<byte> to)
    {
        if (change.Source == LogChange.Zeros)
        {
            to.Clear();
            return;
        }

        Span<byte> sector = stackalloc byte[LogEntry.SectorBytes];
        file.Read(change.Source, sector);
        BinaryPrimitives.WriteUInt64LittleEndian(sector, change.Leading);
        BinaryPrimitives.WriteUInt32LittleEndian(sector[^sizeof(uint)..], change.Trailing);
        sector.Slice((int)within, to.Length).CopyTo(to);
    }

    private int FirstBehind(long offset)
    {
        var (low, high) = (0, changes.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = changes[middle].End <= offset ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
