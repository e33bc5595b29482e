using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Format;

namespace BackupCopy.Health;

/// <summary>A block to be found by its content.</summary>
/// <param name="BlockSizeBytes">That of the point that misses it; 0 where it is not known.</param>
internal readonly record struct BlockWish(
    Digest Digest, Guid DiskId, long Block, int BlockSizeBytes, int PlainLength);

/// <summary>
/// Finds blocks by their digest in chains that may hold them: first where the same disk has the same block,
/// newest points first, comparing maps alone; then anywhere in their maps. Takes no lock, since every byte is
/// verified before it is handed out: a point that goes meanwhile has nothing to give. For one thread.
/// </summary>
internal sealed class HolderSearch(
    IReadOnlyList<Holder> holders, CancellationToken cancellation = default) : IDisposable
{
    private const int MostCandidates = 8;

    private readonly List<HolderChain> _chains = [.. holders.Select(h => new HolderChain(h, cancellation))];
    private readonly Dictionary<Digest, List<(HolderChain Chain, RecordName Name)>> _candidates = [];
    private readonly HashSet<Digest> _wanted = [];
    private readonly HashSet<Digest> _walked = [];
    private readonly BlockCodec _codec = new();
    private byte[] _slot = [];

    /// <summary>
    /// The record of the block that was found last, to be moved as it is; empty where it is sealed or the
    /// block was cut out of others.
    /// </summary>
    public ReadOnlyMemory<byte> FoundSlot { get; private set; }

    /// <summary>
    /// Looks for many blocks at once, so that one walk serves them all; each is then fetched by itself.
    /// </summary>
    public void Prepare(IReadOnlyCollection<BlockWish> wishes)
    {
        foreach (var wish in wishes)
        {
            _wanted.Add(wish.Digest);
            _candidates.TryAdd(wish.Digest, []);
        }

        var sorted = wishes.OrderBy(w => w.DiskId).ThenBy(w => w.Block).ToList();
        foreach (var chain in _chains)
        {
            chain.FindInPlace(sorted, (digest, name) => Add(digest, chain, name));
        }
    }

    /// <summary>The verified plain bytes of a block of this content.</summary>
    /// <param name="plain">Exactly so long as the block.</param>
    /// <param name="from">The holder that had it.</param>
    public bool TryFetch(
        Digest digest, Guid diskId, long block, int plainLength, Span<byte> plain, out string from) =>
        TryFetch(
            new BlockWish(
                digest, diskId, block, BlockSize.Allowed.Contains(plainLength) ? plainLength : 0,
                plainLength),
            plain[..plainLength], out from);

    internal bool TryFetch(BlockWish wish, Span<byte> plain, out string from)
    {
        if (_wanted.Add(wish.Digest))
        {
            Prepare([wish]);
        }

        if (TryCandidates(wish, plain, 0, out from) || TryCut(wish, plain, out from))
        {
            return true;
        }

        var tried = _candidates[wish.Digest].Count;
        WalkAll(wish.Digest);
        return TryCandidates(wish, plain, tried, out from);
    }

    public void Dispose()
    {
        _chains.ForEach(c => c.Dispose());
        _codec.Dispose();
    }

    private void Add(Digest digest, HolderChain chain, RecordName name)
    {
        var known = _candidates[digest];
        if (known.Count < MostCandidates * _chains.Count && !known.Contains((chain, name)))
        {
            known.Add((chain, name));
        }
    }

    // One walk for all that were asked for together.
    private void WalkAll(Digest digest)
    {
        if (!_walked.Add(digest))
        {
            return;
        }

        foreach (var chain in _chains)
        {
            chain.FindAnywhere(_wanted, (found, name) => Add(found, chain, name));
        }

        _walked.UnionWith(_wanted);
    }

    private bool TryCandidates(BlockWish wish, Span<byte> plain, int first, out string from)
    {
        foreach (var (chain, name) in _candidates[wish.Digest].Skip(first))
        {
            if (TryRead(chain, name, wish, plain))
            {
                from = chain.Title;
                return true;
            }
        }

        from = "";
        return false;
    }

    private bool TryRead(HolderChain chain, RecordName name, BlockWish wish, Span<byte> plain)
    {
        FoundSlot = default;
        try
        {
            var place = chain.Store.Locate(name);
            if (_slot.Length < place.SlotLength)
            {
                _slot = new byte[place.SlotLength];
            }

            var slot = _slot.AsSpan(0, place.SlotLength);
            chain.Store.ReadRange(place.File, place.Offset, slot);
            var header = chain.Store.Verify(slot, place, RecordKind.Block);
            if (header.Digest != wish.Digest || header.PlainLength != plain.Length
                || !_codec.TryExpand(
                    header.Codec, slot.Slice(RecordHeader.Layout.Size, header.StoredLength), plain)
                || Digest.Of(plain) != wish.Digest)
            {
                return false;
            }

            FoundSlot = header.Flags.HasFlag(RecordFlags.Sealed) ? default
                : _slot.AsMemory(0, header.RecordLength);
            return true;
        }
        catch (BackupCopyException)
        {
            // Another candidate may have it; a holder that has gone has nothing.
            return false;
        }
    }

    // A holder of another block size has the bytes, and no record of them.
    private bool TryCut(BlockWish wish, Span<byte> plain, out string from)
    {
        FoundSlot = default;
        foreach (var chain in _chains)
        {
            if (wish.BlockSizeBytes > 0 && chain.TryCut(wish, plain))
            {
                from = chain.Title;
                return true;
            }
        }

        from = "";
        return false;
    }
}
