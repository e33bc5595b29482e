using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Format;

namespace BackupCopy.Health;

/// <summary>
/// Heals blocks: their bytes are fetched by digest and become a new copy behind the same logical name, so
/// every point that uses it is healed at once.
/// </summary>
internal sealed class RecordHealer(RepairWork work)
{
    private readonly Dictionary<RecordName, RecordUse> _uses = [];
    private readonly Dictionary<RecordName, string> _from = [];
    private readonly Dictionary<RecordName, string> _failed = [];
    private readonly HashSet<RecordName> _inUse = [];

    /// <summary>Blocks that are to be healed beside those of the damage itself.</summary>
    public void Want(RecordUse use) => _uses[use.Name] = use;

    public bool IsHealed(RecordName name) => _inUse.Contains(name);

    public void Run()
    {
        var damage = work.Open(HealthFindingKind.DamagedBlock).Where(d => d.Record is not null).ToList();
        var isWhole = FindUses(damage);
        using var store = work.NewStore();
        var whole = _uses.Values.Where(u => Verifies(store, u)).Select(u => u.Name).ToHashSet();
        FetchAll([.. _uses.Values.Where(u => !whole.Contains(u.Name))]);
        using var after = work.NewStore();
        foreach (var name in _inUse.Where(n => !Verifies(after, _uses[n])).ToList())
        {
            _inUse.Remove(name);
            _failed[name] = "its new copy does not verify";
        }

        foreach (var one in damage)
        {
            var name = one.Record!.Value;
            if (_inUse.Contains(name))
            {
                work.Heal(one, _from[name]);
            }
            else if (whole.Contains(name) || (isWhole && !_uses.ContainsKey(name)))
            {
                work.Heal(one, RepairWork.NothingToDo);
            }
            else
            {
                work.Leave(one, WhyNot(name));
            }
        }

        work.Cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>Whether a block is there as its points want it.</summary>
    public static bool Verifies(RepairWork work, RecordStore store, RecordUse use, BlockCodec codec)
    {
        try
        {
            var place = store.Locate(use.Name);
            var slot = new byte[place.SlotLength];
            store.ReadRange(place.File, place.Offset, slot);
            var header = store.Verify(slot, place, RecordKind.Block);
            if (header.Digest != use.Digest || header.PlainLength != use.PlainLength)
            {
                return false;
            }

            var plain = new byte[header.PlainLength];
            return codec.TryExpand(
                    header.Codec, slot.AsSpan(RecordHeader.Layout.Size, header.StoredLength), plain)
                && Digest.Of(plain) == use.Digest;
        }
        catch (BackupCopyException error) when (work.IsDamage(error))
        {
            return false;
        }
    }

    private bool Verifies(RecordStore store, RecordUse use)
    {
        using var codec = new BlockCodec();
        return Verifies(work, store, use, codec);
    }

    // What the maps say of the records now: the digest that counts is theirs.
    private bool FindUses(List<ChainDamage> damage)
    {
        var wanted = damage.Select(d => d.Record!.Value).Where(r => !_uses.ContainsKey(r)).ToHashSet();
        if (wanted.Count == 0)
        {
            return true;
        }

        using var store = work.NewStore();
        var lost = RepairWalk.Run(
            store, work.Files, work.IsDamage,
            use =>
            {
                if (use.Level < 0 && wanted.Contains(use.Name))
                {
                    _uses.TryAdd(use.Name, use);
                }
            },
            work.Cancellation);
        return lost.Count == 0 && work.IsEveryPointThere;
    }

    private void FetchAll(List<RecordUse> wanted)
    {
        using var search = new HolderSearch(work.Holders, work.Cancellation);
        using var codec = new BlockCodec();
        using var copies = new NewCopies(work, BlockFileKind.Data) { InUse = _inUse.UnionWith };
        if (wanted.Count > 0)
        {
            search.Prepare([.. wanted.Select(WishFor)]);
        }

        try
        {
            foreach (var use in wanted.OrderBy(u => u.Name.File).ThenBy(u => u.Name.Number))
            {
                if (work.Cancellation.IsCancellationRequested)
                {
                    break;
                }

                Fetch(use, search, copies, codec);
            }

            copies.Commit();
        }
        catch (BackupCopyException error) when (error.Code == ErrorCode.TargetFull)
        {
            foreach (var use in wanted.Where(u => !_inUse.Contains(u.Name)))
            {
                _failed[use.Name] = error.Message;
            }
        }
    }

    private void Fetch(RecordUse use, HolderSearch search, NewCopies copies, BlockCodec codec)
    {
        var plain = new byte[use.PlainLength];
        if (!search.TryFetch(WishFor(use), plain, out var from))
        {
            return;
        }

        _from[use.Name] = from;
        if (search.FoundSlot.IsEmpty)
        {
            copies.AddBlock(use.Name, use.Digest, plain, codec);
        }
        else
        {
            copies.Add(use.Name, search.FoundSlot.Span);
        }
    }

    private string WhyNot(RecordName name) => _failed.TryGetValue(name, out var why)
        ? $"The bytes were found, but {why}."
        : _from.ContainsKey(name) ? "The index of its number cannot be read."
        : _uses.ContainsKey(name) ? "Nobody who may have it has a block of this digest that verifies."
        : "A map or a point file that may name it does not verify.";

    public static BlockWish WishFor(RecordUse use) => new(
        use.Digest, use.Disk.Id, use.Index, use.Point.BlockSizeBytes, use.PlainLength);
}
