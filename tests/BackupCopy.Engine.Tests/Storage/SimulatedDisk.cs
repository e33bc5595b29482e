using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Tests.Storage;

/// <summary>
/// A disk in memory that tells what programs see from what is durable. File content becomes durable by a
/// flush of the file, names by a flush of their directory, and by nothing else. A power cut keeps, loses or
/// tears every other change on its own. It also counts its operations, dies after any of them, fills up,
/// fails and does short transfers. Safe for many threads; paths are absolute and below <see cref="Root"/>.
/// </summary>
internal sealed partial class SimulatedDisk : IStorage
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _locks = new(StringComparer.Ordinal);
    private readonly List<DiskOperation> _history = [];
    private readonly TimeProvider _time;
    private readonly SimulatedDirectory _root;
    private Random? _shortTransfers;
    private long _usedBytes;
    private int _operations;
    private int _cutAt = int.MaxValue;

    public SimulatedDisk(TimeProvider? time = null)
        : this(new SimulatedDirectory(), time ?? TimeProvider.System, usedBytes: 0)
    {
    }

    private SimulatedDisk(SimulatedDirectory root, TimeProvider time, long usedBytes)
    {
        _root = root;
        _time = time;
        _usedBytes = usedBytes;
    }

    /// <summary>The one directory that exists from the start.</summary>
    public static string Root { get; } = Path.Combine(Path.GetPathRoot(Path.GetTempPath())!, "simulated");

    /// <summary>State-changing operations so far: the n of <see cref="CutAfter"/>.</summary>
    public int Operations => _operations;

    public long BytesRead { get; private set; }

    public long BytesWritten { get; private set; }

    public long BytesCloned { get; private set; }

    /// <summary>How many clones succeed; the next ones clone one page and are then refused.</summary>
    public int ClonesLeft { get; set; } = int.MaxValue;

    /// <summary>Space that the visible files take, in blocks of 4096 bytes.</summary>
    public long UsedBytes => _usedBytes;

    /// <summary>Null while unlimited.</summary>
    public long? CapacityBytes { get; set; }

    public bool IsDead { get; private set; }

    public bool IsReadOnly { get; set; }

    /// <summary>
    /// What <see cref="IStorage.IsShared"/> answers. Locks then show that they live from a timer: give them a
    /// fake time, or the power cut meets it on a thread of nobody.
    /// </summary>
    public bool IsOnShare { get; set; }

    /// <summary>
    /// Files that <see cref="FileExists"/> says are not there: looking at them fails, reading them works.
    /// </summary>
    public Func<string, bool>? Hides { get; set; }

    /// <summary>
    /// What <see cref="Probe"/> answers; without punching a punch fails, without cloning a clone is refused.
    /// A clone shares nothing here: it is a write whose bytes come from the disk itself.
    /// </summary>
    public StorageAbilities Abilities { get; set; } = new() { Punches = true };

    /// <summary>
    /// Asked before every operation: an error fails it, null lets it pass. Called under the disk's lock: it
    /// must not use the disk. A flush that fails loses the unflushed content of its file for all later
    /// flushes.
    /// </summary>
    public Func<DiskOperation, Exception?>? Fault { get; set; }

    /// <summary>
    /// The state-changing operations in their order, while <see cref="KeepsHistory"/> is set.
    /// </summary>
    public IReadOnlyList<DiskOperation> History => _history;

    public bool KeepsHistory { get; set; }

    /// <summary>
    /// Lets <paramref name="operations"/> more state-changing operations pass, then cuts the power.
    /// </summary>
    public void CutAfter(int operations)
    {
        lock (_gate)
        {
            _cutAt = _operations + operations;
            IsDead = operations == 0;
        }
    }

    /// <summary>From now on reads and writes transfer a random part, at least one byte.</summary>
    public void UseShortTransfers(int seed) => _shortTransfers = new Random(seed);

    /// <summary>
    /// Cuts the power, if it is still there, and starts a new disk with what one random cut left. Many seeds
    /// may be tried on one dead disk.
    /// </summary>
    public SimulatedDisk PowerCut(int seed) => Survivor(new CutChances(seed));

    /// <summary>The cut that keeps only what was flushed.</summary>
    public SimulatedDisk PowerCutLosingAll() => Survivor(CutChances.LosingAll());

    /// <summary>Ends the process but not the machine: handles and locks go, content and names stay.</summary>
    public SimulatedDisk Kill()
    {
        lock (_gate)
        {
            IsDead = true;
            return Fork();
        }
    }

    /// <summary>
    /// A disk of its own in the same state, pending changes included; locks and faults are left behind.
    /// </summary>
    public SimulatedDisk Fork()
    {
        lock (_gate)
        {
            return Successor((SimulatedDirectory)_root.Fork([]), _usedBytes);
        }
    }

    public long AllocatedBytes(string path)
    {
        lock (_gate)
        {
            return File(path).AllocatedBytes;
        }
    }

    long IStorage.AllocatedBytes(string path)
    {
        lock (_gate)
        {
            ThrowIfDead();
            var file = File(path);
            return Math.Min(file.AllocatedBytes, file.Length);
        }
    }

    /// <summary>The error that the system's EIO becomes.</summary>
    public static Exception InputOutputError(string path) =>
        StorageError.From(new IOException("Input/output error", 5), path);

    /// <summary>
    /// Fails operations of one kind on files whose name ends so: all, or those from the n-th on.
    /// </summary>
    public void FailOn(DiskOperationKind kind, string ending, int skip = 0, int times = int.MaxValue)
    {
        var seen = 0;
        Fault = operation =>
            operation.Kind == kind && operation.Name.EndsWith(ending, StringComparison.Ordinal)
            && seen++ >= skip && seen <= skip + (long)times
                ? InputOutputError(operation.Path)
                : null;
    }

    private SimulatedDisk Survivor(CutChances chances)
    {
        lock (_gate)
        {
            IsDead = true;
            chances.StaleContents = [.. _root.Contents()];
            var root = _root.Survivor(chances);
            return Successor(root, UsedBy(root));
        }
    }

    private SimulatedDisk Successor(SimulatedDirectory root, long usedBytes) => new(root, _time, usedBytes)
    {
        CapacityBytes = CapacityBytes,
        IsReadOnly = IsReadOnly,
        IsOnShare = IsOnShare,
        Abilities = Abilities,
    };

    private static long UsedBy(SimulatedDirectory directory) => directory.Visible.Values.Sum(
        node => node is SimulatedDirectory child ? UsedBy(child) : ((SimulatedContent)node).AllocatedBytes);

    /// <summary>Lets an operation begin, under the lock: refused when dead, faulty or read-only.</summary>
    private void Admit(DiskOperation operation, SimulatedContent? content = null)
    {
        ThrowIfDead();
        if (Fault?.Invoke(operation) is { } error)
        {
            if (operation.Kind == DiskOperationKind.Flush)
            {
                content?.FailFlush();
            }

            throw error;
        }

        if (IsReadOnly && operation.Kind != DiskOperationKind.Read)
        {
            throw StorageError.ReadOnly(operation.Path);
        }
    }

    /// <summary>
    /// Counts an operation that changed the state, and cuts the power behind it when it is the one.
    /// </summary>
    private void Count(DiskOperation operation)
    {
        _operations++;
        IsDead |= _operations == _cutAt;
        if (KeepsHistory)
        {
            _history.Add(operation);
        }
    }

    private void Do(DiskOperationKind kind, string path, Action action)
    {
        var operation = new DiskOperation(kind, path);
        lock (_gate)
        {
            Admit(operation);
            action();
            Count(operation);
        }
    }

    private void ThrowIfDead()
    {
        if (IsDead)
        {
            throw new PowerLostException();
        }
    }
}
