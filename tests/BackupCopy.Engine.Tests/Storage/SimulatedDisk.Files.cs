using BackupCopy.Storage;

namespace BackupCopy.Tests.Storage;

internal sealed partial class SimulatedDisk
{
    private int Part(int length) =>
        _shortTransfers is not null && length > 1 ? 1 + _shortTransfers.Next(length) : length;

    /// <summary>How much of a write there is room for; none at all is the error of a full disk.</summary>
    private int Fitting(SimulatedContent content, long offset, int length, string path)
    {
        var room = ((CapacityBytes ?? long.MaxValue) - _usedBytes) / SparseBytes.BlockSize;
        if (content.BlocksMissing(offset, length) <= room)
        {
            return length;
        }

        var fitting = 0;
        while (true)
        {
            var block = SparseBytes.BlockSize - (int)((offset + fitting) % SparseBytes.BlockSize);
            if (content.BlocksMissing(offset, fitting + block) > room)
            {
                return fitting > 0 ? fitting : throw StorageError.Full(path);
            }

            fitting += block;
        }
    }

    /// <summary>An open file; it goes on working when its name is renamed or deleted, as on POSIX.</summary>
    private sealed class SimulatedFile(
        SimulatedDisk disk, SimulatedContent content, string path, OpenFor purpose) : IStorageFile
    {
        private bool _isDisposed;

        public string Path => path;

        public long Length
        {
            get
            {
                lock (disk._gate)
                {
                    disk.ThrowIfDead();
                    ObjectDisposedException.ThrowIf(_isDisposed, this);
                    return content.Length;
                }
            }
        }

        public int Read(Span<byte> to, long offset)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(offset);
            lock (disk._gate)
            {
                Admit(new DiskOperation(DiskOperationKind.Read, path, offset, to.Length));
                var read = content.Read(to[..disk.Part(to.Length)], offset);
                disk.BytesRead += read;
                return read;
            }
        }

        public int Write(ReadOnlySpan<byte> from, long offset)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(offset);
            lock (disk._gate)
            {
                var operation = Admit(new DiskOperation(DiskOperationKind.Write, path, offset, from.Length));
                var length = disk.Fitting(content, offset, disk.Part(from.Length), path);
                var before = content.AllocatedBytes;
                content.Write(from[..length], offset);
                disk.BytesWritten += length;
                Changed(operation, before);
                return length;
            }
        }

        public bool TryClone(IStorageFile from, long fromOffset, long offset, long length)
        {
            lock (disk._gate)
            {
                var operation = Admit(new DiskOperation(DiskOperationKind.Clone, path, offset, length));
                if (!disk.Abilities.Clones || from is not SimulatedFile other || !other.IsOn(disk)
                    || !IsWhole(fromOffset) || !IsWhole(offset) || !IsWhole(length) || length == 0
                    || fromOffset + length > other.Length)
                {
                    return false;
                }

                var refuses = disk.ClonesLeft-- <= 0;
                var bytes = new byte[refuses ? SparseBytes.BlockSize : length];
                if (disk.Fitting(content, offset, bytes.Length, path) < bytes.Length)
                {
                    throw StorageError.Full(path);
                }

                other.ReadWhole(bytes, fromOffset);
                var before = content.AllocatedBytes;
                content.Write(bytes, offset);
                disk.BytesCloned += bytes.Length;
                Changed(operation, before);
                return !refuses;
            }
        }

        public void SetLength(long length)
        {
            lock (disk._gate)
            {
                var operation = Admit(new DiskOperation(DiskOperationKind.SetLength, path, 0, length));
                var before = content.AllocatedBytes;
                content.SetLength(length);
                Changed(operation, before);
            }
        }

        public bool TryPunch(long offset, long length)
        {
            lock (disk._gate)
            {
                var operation = Admit(new DiskOperation(DiskOperationKind.Punch, path, offset, length));
                if (!disk.Abilities.Punches)
                {
                    return false;
                }

                ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);

                var before = content.AllocatedBytes;
                content.Punch(offset, length);
                Changed(operation, before);
                return true;
            }
        }

        public void Flush()
        {
            lock (disk._gate)
            {
                var operation = Admit(new DiskOperation(DiskOperationKind.Flush, path));
                content.Flush();
                disk.Count(operation);
            }
        }

        public void StartWriteback(long offset, long length)
        {
            lock (disk._gate)
            {
                disk.ThrowIfDead();
            }
        }

        public void Dispose() => _isDisposed = true;

        private static bool IsWhole(long value) => value % SparseBytes.BlockSize == 0;

        private bool IsOn(SimulatedDisk other) => disk == other;

        // Without the short transfers that a program would see.
        private void ReadWhole(Span<byte> to, long offset)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            content.Read(to, offset);
        }

        private DiskOperation Admit(DiskOperation operation)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            var isHarmless = operation.Kind is DiskOperationKind.Read or DiskOperationKind.Flush;
            if (purpose == OpenFor.Reading && !isHarmless)
            {
                throw new InvalidOperationException($"{path} is open for reading only.");
            }

            disk.Admit(operation, content);
            return operation;
        }

        private void Changed(DiskOperation operation, long allocatedBefore)
        {
            content.ChangedUtc = disk.Now;
            disk._usedBytes += content.IsUnlinked ? 0 : content.AllocatedBytes - allocatedBefore;
            disk.Count(operation);
        }
    }
}
