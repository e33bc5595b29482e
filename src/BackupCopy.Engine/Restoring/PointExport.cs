using System.Buffers;
using System.Globalization;
using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Copying;
using BackupCopy.Format;
using BackupCopy.Images.Writing;
using BackupCopy.Storage;

namespace BackupCopy.Restoring;

/// <summary>
/// Writes the disks of a restore point as sparse images, and its attachments. Every block is verified by its
/// digest before it is written; an image has its final name only when it is whole and flushed.
/// </summary>
internal sealed class PointExport
{
    private readonly PointReader _point;
    private readonly IStorage _storage;
    private readonly ExportFormat _format;
    private readonly CopyOptions _options;
    private readonly CopyProgress _progress;

    public PointExport(
        PointReader point, IStorage storage, ExportFormat format, CopyOptions options, CopyProgress progress)
    {
        _point = point;
        _storage = storage;
        _format = format;
        _options = options;
        _progress = progress;
    }

    /// <summary>The folder of a point below a destination: machine and time.</summary>
    public static string FolderFor(string destination, PointFile point) => Path.Combine(
        destination,
        Names.FilePart(point.MachineName) + "_"
        + point.TimeUtc.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture));

    /// <summary>
    /// Exports the given disks into the folder, and with them the attachments; returns the files in order.
    /// </summary>
    /// <param name="replace">
    /// Replace files of the same names; else they are an error before anything is written.
    /// </param>
    public async Task<IReadOnlyList<string>> RunAsync(
        IReadOnlyList<DiskEntry> disks, string folder, bool replace, CancellationToken cancellation)
    {
        var names = ExportNames.Of(disks, _point.Point.Attachments, _format);
        List<string> paths = [.. names.Select(n => Path.Combine(folder, n))];
        Refuse(disks, paths, folder, replace);
        CreateDirectories(folder);
        foreach (var disk in disks)
        {
            _progress.AddTotal(disk.UsedBytes);
        }

        for (var i = 0; i < disks.Count; i++)
        {
            await WriteAsync(paths[i], file => ExportAsync(disks[i], file, cancellation));
        }

        foreach (var (attachment, path) in _point.Point.Attachments.Zip(paths.Skip(disks.Count)))
        {
            await WriteAsync(path, file =>
            {
                file.WriteAll(attachment.Content.Span, 0);
                return Task.CompletedTask;
            });
        }

        _storage.FlushDirectory(folder);
        return paths;
    }

    private async Task WriteAsync(string path, Func<IStorageFile, Task> write)
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
                await write(file);
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

    private async Task ExportAsync(DiskEntry disk, IStorageFile file, CancellationToken cancellation)
    {
        var blockSize = _point.Point.BlockSizeBytes;
        var perBatch = _options.BlocksPerBatch(blockSize);
        var sink = new ExportFile(file);
        var image = ImageWriter.Create(_format, sink, disk.SizeBytes);
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
                lock (writing)
                {
                    piece.WriteRuns(image, disk.SizeBytes, blockSize, _progress);
                }

                sink.StartWriteback();
            },
        }.RunAsync(_options.Workers, cancellation);
        image.Finish();
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

        /// <summary>Writes neighbouring blocks in one call.</summary>
        public void WriteRuns(ImageWriter image, long diskSize, int blockSize, CopyProgress progress)
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
                image.Write(Wanted[first].Block * blockSize, _plain.AsSpan(first * blockSize, length));
                progress.AddStored(length, last - first + 1);
                progress.AddDone(length);
                first = last + 1;
            }
        }

        public void Dispose()
        {
            Fetcher.Dispose();
            ArrayPool<byte>.Shared.Return(_plain);
        }
    }
}
