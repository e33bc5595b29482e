using System.Buffers;
using System.Globalization;
using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Copying;
using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Restoring;

/// <summary>
/// Writes the disks of a restore point as sparse raw images. Every block is verified by its digest before it
/// is written; an image has its final name only when it is whole and flushed.
/// </summary>
internal sealed class PointExport
{
    private const long WritebackStepBytes = 32L << 20;

    private readonly PointReader _point;
    private readonly IStorage _storage;
    private readonly CopyOptions _options;
    private readonly CopyProgress _progress;

    public PointExport(PointReader point, IStorage storage, CopyOptions options, CopyProgress progress)
    {
        _point = point;
        _storage = storage;
        _options = options;
        _progress = progress;
    }

    /// <summary>The folder of a point below a destination: machine and time.</summary>
    public static string FolderFor(string destination, PointFile point) => Path.Combine(
        destination,
        Names.FilePart(point.MachineName) + "_"
        + point.TimeUtc.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture));

    /// <summary>Exports the given disks into the folder; returns the files in order.</summary>
    /// <param name="replace">
    /// Replace files of the same names; else they are an error before anything is written.
    /// </param>
    public async Task<IReadOnlyList<string>> RunAsync(
        IReadOnlyList<DiskEntry> disks, string folder, bool replace, CancellationToken cancellation)
    {
        var paths = disks.Select((d, i) => Path.Combine(folder, FileName(disks, i))).ToList();
        Refuse(disks, paths, folder, replace);
        CreateDirectories(folder);
        foreach (var disk in disks)
        {
            _progress.AddTotal(disk.UsedBytes);
        }

        for (var i = 0; i < disks.Count; i++)
        {
            await ExportAsync(disks[i], paths[i], cancellation);
        }

        _storage.FlushDirectory(folder);
        return paths;
    }

    private static string FileName(IReadOnlyList<DiskEntry> disks, int index)
    {
        var name = Names.FilePart(disks[index].Name);
        var twins = disks.Take(index).Count(d => string.Equals(
            Names.FilePart(d.Name), name, StringComparison.OrdinalIgnoreCase));
        return twins == 0 ? name : $"{twins + 1}-{name}";
    }

    private async Task ExportAsync(DiskEntry disk, string path, CancellationToken cancellation)
    {
        var temporary = path + Names.Temporary;
        if (_storage.FileExists(temporary))
        {
            _storage.Delete(temporary);
        }

        try
        {
            using (var file = _storage.Open(temporary, OpenFor.Creating))
            {
                file.SetLength(disk.SizeBytes);
                await WriteAsync(disk, file, cancellation);
                file.Flush();
            }

            _storage.Rename(temporary, path);
        }
        catch
        {
            if (_storage.FileExists(temporary))
            {
                _storage.Delete(temporary);
            }

            throw;
        }
    }

    private async Task WriteAsync(DiskEntry disk, IStorageFile file, CancellationToken cancellation)
    {
        var blockSize = _point.Point.BlockSizeBytes;
        var perBatch = _options.BlocksPerBatch(blockSize);
        var hinted = 0L;
        var writing = new Lock();
        using var blocks = _point.OpenMap(disk).Walk().GetEnumerator();
        await new OrderedWorkers<Piece>
        {
            Create = () => new Piece(
                new BlockFetcher(_point, BlockFetcher.BufferFor(perBatch * blockSize, perBatch)),
                perBatch * blockSize),
            Next = piece => piece.Fill(blocks, perBatch),
            Prepare = piece =>
            {
                piece.Fetcher.Fetch(piece.Wanted);
                for (var i = 0; i < piece.Wanted.Count; i++)
                {
                    piece.Fetcher.Expand(disk, piece.Wanted[i], i, piece.Plain(i, disk.SizeBytes, blockSize));
                }
            },
            Commit = _ => { },
            Write = piece =>
            {
                _options.Throttle.Take((long)piece.Wanted.Count * blockSize, cancellation);

                // A file system lets one writer at a time into a file; a second one would spin on a core that
                // another worker can use to expand and digest.
                long end;
                lock (writing)
                {
                    end = piece.WriteRuns(file, disk.SizeBytes, blockSize, _progress);
                }

                var from = Interlocked.Read(ref hinted);
                if (end - from >= WritebackStepBytes
                    && Interlocked.CompareExchange(ref hinted, end, from) == from)
                {
                    file.StartWriteback(from, end - from);
                }
            },
        }.RunAsync(_options.Workers, cancellation);
    }

    private void Refuse(IReadOnlyList<DiskEntry> disks, List<string> paths, string folder, bool replace)
    {
        if (!replace && paths.Find(_storage.FileExists) is { } existing)
        {
            throw new BackupCopyException(
                ErrorCode.DestinationExists, $"{existing} exists already.",
                "Choose another -Destination, or replace it with -Force.");
        }

        var place = folder;
        while (place is not null && !_storage.DirectoryExists(place))
        {
            place = Path.GetDirectoryName(place);
        }

        var needed = disks.Sum(d => d.UsedBytes);
        if (place is not null && _storage.FreeBytes(place) is var free && free < needed)
        {
            throw new BackupCopyException(
                ErrorCode.TargetFull, $"The export needs {needed} bytes and {place} has {free} free.",
                "Free space, or choose another -Destination.");
        }
    }

    private void CreateDirectories(string folder)
    {
        if (!_storage.DirectoryExists(folder))
        {
            if (Path.GetDirectoryName(folder) is { } parent)
            {
                CreateDirectories(parent);
            }

            _storage.CreateDirectory(folder);
        }
    }

    private sealed class Piece(BlockFetcher fetcher, int plainBytes) : IDisposable
    {
        private readonly byte[] _plain = ArrayPool<byte>.Shared.Rent(plainBytes);

        public BlockFetcher Fetcher { get; } = fetcher;

        public List<WantedBlock> Wanted { get; } = [];

        public bool Fill(IEnumerator<(long Block, MapEntry Entry)> blocks, int count)
        {
            Wanted.Clear();
            while (Wanted.Count < count && blocks.MoveNext())
            {
                Wanted.Add(new WantedBlock(blocks.Current.Block, blocks.Current.Entry));
            }

            return Wanted.Count > 0;
        }

        public Span<byte> Plain(int i, long diskSize, int blockSize) =>
            _plain.AsSpan(i * blockSize, BlockSize.LengthOf(Wanted[i].Block, diskSize, blockSize));

        /// <summary>Writes neighbouring blocks in one call; returns where the last one ends.</summary>
        public long WriteRuns(IStorageFile file, long diskSize, int blockSize, CopyProgress progress)
        {
            for (var first = 0; first < Wanted.Count;)
            {
                var last = first;
                while (last + 1 < Wanted.Count && Wanted[last + 1].Block == Wanted[last].Block + 1)
                {
                    last++;
                }

                var length = (last - first) * blockSize
                    + BlockSize.LengthOf(Wanted[last].Block, diskSize, blockSize);
                file.WriteAll(_plain.AsSpan(first * blockSize, length), Wanted[first].Block * blockSize);
                progress.AddStored(length, last - first + 1);
                progress.AddDone(length);
                first = last + 1;
            }

            return (Wanted[^1].Block + 1) * blockSize;
        }

        public void Dispose()
        {
            Fetcher.Dispose();
            ArrayPool<byte>.Shared.Return(_plain);
        }
    }
}
