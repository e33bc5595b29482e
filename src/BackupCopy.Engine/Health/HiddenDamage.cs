using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Chains.Removal;

namespace BackupCopy.Health;

/// <summary>
/// Damage that no check could see: of blocks behind maps and indexes that could not be read, and of points
/// that were away. Once those are healed this is looked at, and what is bad joins the repair.
/// </summary>
internal sealed class HiddenDamage
{
    private readonly RepairWork _work;
    private readonly RecordSet _seen = new();
    private readonly bool _canBe;

    /// <summary>Looks at what could be seen, before anything is healed.</summary>
    public HiddenDamage(RepairWork work)
    {
        _work = work;
        using var store = work.NewStore();
        var placeless = work.Listed.Values.Where(f => BlockFiles.TryReadIndex(work.Chain, f) is null)
            .Select(f => f.Number).ToHashSet();
        var lost = Walk(store, use =>
        {
            if (!placeless.Contains(use.Name.File))
            {
                _seen.Add(use.Name);
            }
        });
        _canBe = lost.Count > 0 || placeless.Count > 0 || !work.IsEveryPointThere;
    }

    /// <summary>Looks at what can be seen by now.</summary>
    /// <returns>Whether some of it is damaged.</returns>
    public bool Find()
    {
        if (!_canBe)
        {
            return false;
        }

        List<ChainDamage> damage = [.. FindInPoints(), .. FindInBlocks()];
        _work.Add(damage);

        // Known before it is healed: whoever cuts this off finds it again.
        ChainMemory.Remember(_work.Chain, damage);
        return damage.Count > 0;
    }

    private IEnumerable<ChainDamage> FindInPoints()
    {
        var known = _work.Damage.Select(d => (d.Kind, d.Path)).ToHashSet();
        return PointFilesCheck.Run(_work.Chain, _work.Points).Where(d => !known.Contains((d.Kind, d.Path)));
    }

    private IReadOnlyList<ChainDamage> FindInBlocks()
    {
        using var store = _work.NewStore();
        using var codec = new BlockCodec();
        var bad = new List<BadBlock>();
        Walk(store, use =>
        {
            if (_seen.Contains(use.Name))
            {
                return;
            }

            _seen.Add(use.Name);
            _work.Cancellation.ThrowIfCancellationRequested();
            if (!RecordHealer.Verifies(_work, store, use, codec))
            {
                bad.Add(Describe(store, use));
            }
        });
        return DamageLocator.Run(_work.Chain, store, _work.Files, bad, [], _work.Cancellation);
    }

    private IReadOnlyList<LostNode> Walk(RecordStore store, Action<RecordUse> block) => RepairWalk.Run(
        store, _work.Files, _work.IsDamage,
        use =>
        {
            if (use.Level < 0)
            {
                block(use);
            }
        },
        _work.Cancellation);

    private BadBlock Describe(RecordStore store, RecordUse use)
    {
        var place = _work.TryLocate(store, use.Name);
        var path = store.PathOf(place?.File ?? use.Name.File);
        return new BadBlock(
            use.Name, path, place?.Offset ?? -1, use.Digest,
            $"{path} is damaged: it does not hold what record {use.Name} was.");
    }
}
