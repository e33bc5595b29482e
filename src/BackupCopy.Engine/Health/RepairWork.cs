using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Health;

/// <summary>
/// What the parts of one repair share: the chain under its append lock, and what became of each damage.
/// </summary>
internal sealed class RepairWork
{
    public const string NothingToDo = "nothing to do";

    private readonly List<ChainDamage> _damage = [];
    private readonly Dictionary<ChainDamage, string> _healed = [];
    private readonly Dictionary<ChainDamage, string> _left = [];
    private HighWater? _given;

    public required Chain Chain { get; init; }

    /// <summary>What is to be healed.</summary>
    public IReadOnlyList<ChainDamage> Damage => _damage;

    /// <summary>In order of preference, the chain itself last.</summary>
    public required IReadOnlyList<Holder> Holders { get; init; }

    public required DateTime NowUtc { get; init; }

    public CancellationToken Cancellation { get; init; }

    /// <summary>All points of the chain, read anew by <see cref="Look"/>.</summary>
    public IReadOnlyList<ChainPoint> Points { get; private set; } = [];

    /// <summary>The points whose files verify, ascending.</summary>
    public IReadOnlyList<PointFile> Files { get; private set; } = [];

    /// <summary>The block files that points list, by number.</summary>
    public IReadOnlyDictionary<uint, BlockFileReference> Listed { get; private set; } =
        new Dictionary<uint, BlockFileReference>();

    public Guid MachineId { get; private set; }

    /// <summary>
    /// Whether <see cref="Files"/> are all that may use a record: else a point that does not verify, or one
    /// that was deleted by hand and can be put back, may need what no other names.
    /// </summary>
    public bool IsEveryPointThere { get; private set; }

    public SortedSet<long> SetAside { get; } = [];

    public long WrittenBytes { get; set; }

    /// <summary>Reads the points; under the append lock none of them may vanish meanwhile.</summary>
    public void Look(bool isLocked = true)
    {
        Points = isLocked ? Chain.Points_NeedsLock() : Chain.Points();
        Files = [.. Points.Select(p => p.File).OfType<PointFile>()];
        Listed = Files.SelectMany(f => f.BlockFiles).DistinctBy(f => f.Number)
            .ToDictionary(f => f.Number);
        MachineId = Files.Count > 0 ? Files[^1].MachineId : default;
        IsEveryPointThere = Files.Count == Points.Count
            && !SecondCopies.DeletedPoints(Chain, Points).Any();
        _given = null;
    }

    public void Add(IEnumerable<ChainDamage> damage) => _damage.AddRange(damage);

    /// <summary>Damage of these kinds that nothing was said about yet.</summary>
    public List<ChainDamage> Open(params HealthFindingKind[] kinds) =>
        [.. Damage.Where(d => kinds.Contains(d.Kind) && !_healed.ContainsKey(d) && !_left.ContainsKey(d))];

    public void Heal(ChainDamage damage, string from)
    {
        _left.Remove(damage);
        _healed[damage] = from;
    }

    public void Leave(ChainDamage damage, string why) => _left[damage] = why;

    public RepairOutcome Outcome() => new(
        [.. _healed.Select(h => new HealedDamage(h.Key, h.Value))],
        [.. _left.Select(l => new LeftDamage(l.Key, l.Value))], [.. SetAside], WrittenBytes);

    /// <summary>A block-file number that the chain never gave out.</summary>
    public uint NextNumber() => (_given ??= HighWater.Of(Chain, Files)).NextNumber();

    public RecordStore NewStore() => Chain.OpenStore(MachineId);

    /// <summary>Where a record lies; null where its index does not tell.</summary>
    public RecordPlace? TryLocate(RecordStore store, RecordName name)
    {
        try
        {
            return store.Locate(name);
        }
        catch (BackupCopyException error) when (IsDamage(error))
        {
            return null;
        }
    }

    /// <summary>Puts another index in the place of a number's, durably.</summary>
    public void ReplaceIndex(uint number, ReadOnlySpan<byte> bytes)
    {
        Chain.EnsureLock_NeedsLock();
        Chain.Repository.Storage.Replace(PathOf(Names.IndexFile(number)), bytes);
        Chain.Repository.Storage.FlushDirectory(Chain.Path);
    }

    /// <summary>Releases the live records of an index that nothing needs.</summary>
    public void Release(IndexFile index, Func<uint, RecordPlace, bool> isUnused)
    {
        var unused = index.Live().Where(r => isUnused(r.Record, r.Place)).Select(r => r.Record).ToList();
        if (unused.Count > 0)
        {
            ReplaceIndex(index.Number, index.Without(unused));
        }
    }

    public string PathOf(string name) => Path.Combine(Chain.Path, name);

    /// <summary>Whether an error says that something does not verify, not that the storage is away.</summary>
    public bool IsDamage(BackupCopyException error) => ReadFault.IsDamage(Chain.Repository, error);

    /// <summary>
    /// The file of the chain in which a damage lies, by its number; null where its name has none.
    /// </summary>
    public static uint? NumberOf(ChainDamage damage)
    {
        var name = Path.GetFileName(damage.Path);
        return Names.TryNumber(name, Names.Blocks, out var number)
            || Names.TryNumber(name, Names.Index, out number) ? number : null;
    }
}
