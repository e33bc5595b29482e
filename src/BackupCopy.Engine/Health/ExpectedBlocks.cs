using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Format;

namespace BackupCopy.Health;

/// <summary>
/// What the maps say of the records that are read next: digest and length. A record that verifies in itself
/// may still be another one, when sectors, slots or files were exchanged. A chain of few blocks is told of by
/// whoever walks its maps anyway; of one with more, the maps are walked again for each part.
/// </summary>
internal sealed class ExpectedBlocks
{
    private const int MostSentences = 100;

    private readonly Dictionary<RecordName, int> _at = [];
    private readonly List<string> _disagreements = [];

    // Block file -> what was told of its records, by their numbers. Null once there is too much.
    private Dictionary<uint, Expected[]>? _told = [];
    private long _toldLength;
    private bool _isAllTold;
    private Expected[] _wanted = [];

    /// <summary>Entries of maps that name one record and expect different content.</summary>
    public IReadOnlyList<string> Disagreements => _disagreements;

    /// <summary>Takes an entry of a block from a walk over the maps of all points.</summary>
    public void Tell(in MapPlace place, in MapEntry entry)
    {
        if (_told is null || entry.Name.Number >= BlockOrder.MostAtOnce)
        {
            _told = null;
            return;
        }

        var number = (int)entry.Name.Number;
        if (!_told.TryGetValue(entry.Name.File, out var there) || number >= there.Length)
        {
            there = Grow(entry.Name.File, there ?? [], number + 1);
            if (there.Length == 0)
            {
                return;
            }
        }

        Take(ref there[number], place, entry);
    }

    /// <summary>To be called when all blocks of all points were told.</summary>
    public void EndTelling() => _isAllTold = _told is not null;

    /// <summary>Looks these records up, else walks the maps of the chosen points for them.</summary>
    public void Fill(
        RecordStore store, IReadOnlyList<PointFile> points, IReadOnlyList<BlockSlot> slots,
        CancellationToken stop)
    {
        if (_wanted.Length < slots.Count)
        {
            _wanted = new Expected[slots.Count];
        }

        if (_isAllTold)
        {
            for (var i = 0; i < slots.Count; i++)
            {
                _wanted[i] = ToldOf(slots[i].Name);
            }
        }
        else
        {
            _told = null;
            Walk(store, points, slots, stop);
        }
    }

    /// <summary>The digest of the i-th record; empty where no map that can be read names it.</summary>
    public Digest DigestOf(int i) => _wanted[i].Digest;

    public int LengthOf(int i) => _wanted[i].Length;

    private Expected[] Grow(uint file, Expected[] there, int least)
    {
        var length = Math.Max(least, there.Length * 2);
        _toldLength += length - there.Length;
        if (_toldLength > BlockOrder.MostAtOnce)
        {
            _told = null;
            return [];
        }

        Array.Resize(ref there, length);
        _told![file] = there;
        return there;
    }

    private Expected ToldOf(RecordName name) =>
        _told!.TryGetValue(name.File, out var there) && name.Number < there.Length
            ? there[name.Number] : default;

    private void Walk(
        RecordStore store, IReadOnlyList<PointFile> points, IReadOnlyList<BlockSlot> slots,
        CancellationToken stop)
    {
        Array.Clear(_wanted);
        _at.Clear();
        for (var i = 0; i < slots.Count; i++)
        {
            _at[slots[i].Name] = i;
        }

        var walk = new ChainWalk(store, (in MapPlace place, in MapEntry entry) =>
        {
            if (!place.IsBlock)
            {
                stop.ThrowIfCancellationRequested();
            }
            else if (_at.TryGetValue(entry.Name, out var i))
            {
                Take(ref _wanted[i], place, entry);
            }
        })
        {
            Failed = (in MapPlace _, in MapEntry _, BackupCopyException _) => true,
        };
        walk.VisitAll(points);
    }

    private void Take(ref Expected known, in MapPlace place, in MapEntry entry)
    {
        var length = BlockSize.LengthOf(place.Index, place.Disk.SizeBytes, place.Point.BlockSizeBytes);
        if (known.Digest.IsEmpty)
        {
            known = new Expected(entry.Digest, length);
        }
        else if ((known.Digest != entry.Digest || known.Length != length)
            && _disagreements.Count < MostSentences)
        {
            var sentence =
                $"Block {place.Index} of disk {place.Disk.Name} in point {place.Point.Sequence} names record "
                + $"{entry.Name} as {entry.Digest}, another entry as {known.Digest}.";
            if (!_disagreements.Contains(sentence))
            {
                // Told by one walk, it may be met by another one.
                _disagreements.Add(sentence);
            }
        }
    }

    private readonly record struct Expected(Digest Digest, int Length);
}
