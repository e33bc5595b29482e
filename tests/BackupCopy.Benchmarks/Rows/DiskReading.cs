using System.Buffers.Binary;
using System.IO.Hashing;
using BackupCopy.Blocks;
using BackupCopy.Copying;
using BackupCopy.Images;

namespace BackupCopy.Benchmarks.Rows;

/// <summary>An open image, read as a copy reads it: data only, in pieces of its batches.</summary>
internal sealed class DiskReading : IDisposable
{
    public static readonly int CopyThreads = new CopyOptions().Workers;

    private static readonly int s_pieceBytes = new CopyOptions().BatchBytes;

    private readonly ImageSession _session = new(neighbours: null);
    private readonly VirtualDisk _disk;
    private readonly Lock _gate = new();
    private readonly byte[][] _buffers;
    private long _next;
    private long _dataEnd;
    private long _to;

    private DiskReading(ImageFile file, bool isRaw, int threads)
    {
        try
        {
            _disk = ImageFormats.Open(_session.Own(file), _session, isRaw).Disks.Single().Disk;
        }
        catch
        {
            _session.Dispose();
            throw;
        }

        _buffers = [.. Enumerable.Range(0, threads).Select(_ => new byte[s_pieceBytes])];
    }

    public long SizeBytes => _disk.SizeBytes;

    /// <summary>Bytes of the disk that were read.</summary>
    public long ReadBytes { get; private set; }

    public static DiskReading Open(ImageFile file, bool isRaw, int threads) => new(file, isRaw, threads);

    /// <summary>Reads what lies in the range.</summary>
    public void Read(long from, long to)
    {
        (_next, _dataEnd, _to) = (from, from, to);
        if (_buffers.Length == 1)
        {
            Work(_buffers[0]);
        }
        else
        {
            Parallel.Invoke([.. _buffers.Select(buffer => (Action)(() => Work(buffer)))]);
        }
    }

    /// <summary>Finds all data and reads none; gives its bytes.</summary>
    public long Walk()
    {
        long found = 0;
        for (long at = 0; _disk.TryNextData(at, out long start, out long end); at = end)
        {
            found += end - start;
        }

        return found;
    }

    /// <summary>A sum of all content, whatever is told as data and whatever as a hole.</summary>
    public UInt128 Digest()
    {
        var digest = new XxHash128();
        var place = new byte[sizeof(long)];
        long end = 0;
        for (long at = 0; at < SizeBytes;)
        {
            if (at >= end)
            {
                if (!_disk.TryNextData(at, out long start, out end))
                {
                    break;
                }

                at = Math.Max(at, start / s_pieceBytes * s_pieceBytes);
            }

            var piece = _buffers[0].AsSpan(0, (int)Math.Min(s_pieceBytes, SizeBytes - at));
            _disk.Read(at, piece);
            if (!BlockSize.IsZero(piece))
            {
                BinaryPrimitives.WriteInt64LittleEndian(place, at);
                digest.Append(place);
                digest.Append(piece);
            }

            at += piece.Length;
        }

        return digest.GetCurrentHashAsUInt128();
    }

    public void Dispose()
    {
        _disk.Dispose();
        _session.Dispose();
    }

    private void Work(byte[] buffer)
    {
        while (TryTake(out long offset, out int length))
        {
            _disk.Read(offset, buffer.AsSpan(0, length));
        }
    }

    private bool TryTake(out long offset, out int length)
    {
        lock (_gate)
        {
            (offset, length) = (_next, 0);
            if (_next >= _dataEnd)
            {
                if (!_disk.TryNextData(_next, out long start, out _dataEnd))
                {
                    start = _dataEnd = _to;
                }

                _next = start;
            }

            if (_next >= _to)
            {
                _dataEnd = _next = _to;
                return false;
            }

            offset = _next;
            length = (int)Math.Min(
                s_pieceBytes - offset % s_pieceBytes, Math.Min(_dataEnd, _to) - offset);
            _next += length;
            ReadBytes += length;
            return true;
        }
    }
}
