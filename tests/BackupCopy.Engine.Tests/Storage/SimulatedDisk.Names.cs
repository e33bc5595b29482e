using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Tests.Storage;

internal sealed partial class SimulatedDisk
{
    private static readonly char[] s_separators =
        [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar];

    public IStorageFile Open(string path, OpenFor purpose)
    {
        lock (_gate)
        {
            if (purpose == OpenFor.Creating)
            {
                return Create(path);
            }

            ThrowIfDead();
            if (purpose == OpenFor.Changing && IsReadOnly)
            {
                throw StorageError.ReadOnly(path);
            }

            return new SimulatedFile(this, File(path), path, purpose);
        }
    }

    public bool FileExists(string path) =>
        Hides?.Invoke(path) != true && Look(path) is SimulatedContent;

    public bool DirectoryExists(string path) => Look(path) is SimulatedDirectory;

    public IReadOnlyList<StorageEntry> List(string directory)
    {
        lock (_gate)
        {
            ThrowIfDead();
            return Find(directory) is SimulatedDirectory found
                ? [.. found.Visible.Select(pair => Entry(pair.Key, pair.Value))]
                : [];
        }
    }

    public void CreateDirectory(string path) => Do(DiskOperationKind.CreateDirectory, path, () =>
    {
        switch (Find(path))
        {
            case SimulatedDirectory:
                break;
            case null:
                Parent(path).Add(Path.GetFileName(path), new SimulatedDirectory { ChangedUtc = Now });
                break;
            default:
                throw Exists(path);
        }
    });

    public void Rename(string from, string to) => Do(DiskOperationKind.Rename, to, () =>
    {
        var directory = Parent(from);
        if (Parent(to) != directory)
        {
            throw new InvalidOperationException($"{from} and {to} are not in one directory.");
        }

        var node = File(from);
        if (Find(to) is SimulatedDirectory)
        {
            throw Exists(to);
        }

        if (Find(to) is SimulatedContent replaced && replaced != node)
        {
            Unlink(replaced);
        }

        if (Find(to) != node)
        {
            directory.Rename(Path.GetFileName(from), Path.GetFileName(to));
        }
    });

    public void Delete(string path) => Do(DiskOperationKind.Delete, path, () =>
    {
        var directory = Parent(path);
        switch (Find(path))
        {
            case SimulatedDirectory:
                throw StorageError.From(new UnauthorizedAccessException(), path);
            case SimulatedContent content:
                Unlink(content);
                directory.Remove(Path.GetFileName(path));
                break;
        }
    });

    public void DeleteDirectory(string path) => Do(DiskOperationKind.DeleteDirectory, path, () =>
    {
        switch (Find(path))
        {
            case SimulatedContent:
                throw StorageError.From(new IOException("Not a directory", 20), path);
            case SimulatedDirectory { Visible.Count: > 0 }:
                throw StorageError.From(new IOException("Directory not empty", 39), path);
            case SimulatedDirectory:
                Parent(path).Remove(Path.GetFileName(path));
                break;
        }
    });

    public void FlushDirectory(string path) => Do(DiskOperationKind.FlushDirectory, path, () =>
        (Find(path) as SimulatedDirectory ?? throw Missing(path)).Flush());

    public long FreeBytes(string directory)
    {
        lock (_gate)
        {
            ThrowIfDead();
            return (CapacityBytes ?? 1L << 50) - _usedBytes;
        }
    }

    public StorageAbilities Probe(string directory) =>
        DirectoryExists(directory) ? Abilities : throw Missing(directory);

    public bool IsShared(string directory) => IsOnShare;

    public IDisposable? Watch(string directory, string ending, Action changed) => null;

    public IDisposable? TryLock(string path, bool shared)
    {
        lock (_gate)
        {
            ThrowIfDead();
            if (Find(path) is null)
            {
                Open(path, OpenFor.Creating).Dispose();
            }

            var held = _locks.GetValueOrDefault(path);
            if (held < 0 || (held > 0 && !shared))
            {
                return null;
            }

            _locks[path] = shared ? held + 1 : -1;
            return new HeldPath(this, path);
        }
    }

    private DateTime Now => _time.GetUtcNow().UtcDateTime;

    private SimulatedFile Create(string path)
    {
        var operation = new DiskOperation(DiskOperationKind.Create, path);
        Admit(operation);
        if (Find(path) is not null)
        {
            throw Exists(path);
        }

        var content = new SimulatedContent { ChangedUtc = Now };
        Parent(path).Add(Path.GetFileName(path), content);
        Count(operation);
        return new SimulatedFile(this, content, path, OpenFor.Creating);
    }

    private void Unlink(SimulatedContent content)
    {
        _usedBytes -= content.AllocatedBytes;
        content.IsUnlinked = true;
    }

    private SimulatedNode? Look(string path)
    {
        lock (_gate)
        {
            ThrowIfDead();

            // Whoever looks upwards from the root finds nothing: the disk is all there is.
            return Path.GetFullPath(path).StartsWith(Root, StringComparison.Ordinal) ? Find(path) : null;
        }
    }

    private SimulatedNode? Find(string path)
    {
        var full = Path.GetFullPath(path);
        if (!full.StartsWith(Root, StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"{path} is not below {Root}.");
        }

        SimulatedNode? node = _root;
        foreach (var name in full[Root.Length..].Split(s_separators, StringSplitOptions.RemoveEmptyEntries))
        {
            node = (node as SimulatedDirectory)?.Visible.GetValueOrDefault(name);
        }

        return node;
    }

    private SimulatedContent File(string path) => Find(path) switch
    {
        SimulatedContent content => content,
        null => throw Missing(path),
        _ => throw StorageError.From(new UnauthorizedAccessException(), path),
    };

    private SimulatedDirectory Parent(string path) =>
        Find(Path.GetDirectoryName(path)!) as SimulatedDirectory ?? throw Missing(path);

    private static StorageEntry Entry(string name, SimulatedNode node) => new(
        name, node is SimulatedDirectory, (node as SimulatedContent)?.Length ?? 0, node.ChangedUtc);

    private static BackupCopyException Missing(string path) =>
        StorageError.From(new FileNotFoundException(), path);

    private static BackupCopyException Exists(string path) =>
        StorageError.From(new IOException("File exists", 17), path);

    private void Unlock(string path)
    {
        lock (_gate)
        {
            var held = _locks[path];
            _locks[path] = held < 0 ? 0 : held - 1;
        }
    }

    private sealed class HeldPath(SimulatedDisk disk, string path) : IDisposable
    {
        private bool _isReleased;

        public void Dispose()
        {
            if (!Interlocked.Exchange(ref _isReleased, true))
            {
                disk.Unlock(path);
            }
        }
    }
}
