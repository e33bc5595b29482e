using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Format;

namespace BackupCopy.Health;

/// <summary>
/// What the maps say of the records that are read next: digest and length. A record that verifies in itself
/// may still be another one, when sectors, slots or files were exchanged.
/// </summary>
internal sealed class ExpectedBlocks
{
    private const int MostSentences = 100;

    private readonly Dictionary<RecordName, int> _at = [];
    private readonly List<string> _disagreements = [];
    private Digest[] _digests = [];
    private int[] _lengths = [];

    /// <summary>Entries of maps that name one record and expect different content.</summary>
    public IReadOnlyList<string> Disagreements => _disagreements;

    /// <summary>Walks the maps of the chosen points for these records.</summary>
    public void Fill(
        RecordStore store, IReadOnlyList<PointFile> points, IReadOnlyList<BlockSlot> slots,
        CancellationToken stop)
    {
        _at.Clear();
        if (_digests.Length < slots.Count)
        {
            _digests = new Digest[slots.Count];
            _lengths = new int[slots.Count];
        }

        Array.Clear(_digests);
        for (var i = 0; i < slots.Count; i++)
        {
            _at[slots[i].Name] = i;
        }

        var walk = new ChainWalk(store, (in MapPlace place, in MapEntry entry) => Take(place, entry, stop))
        {
            Failed = (in MapPlace _, in MapEntry _, BackupCopyException _) => true,
        };
        walk.VisitAll(points);
    }

    /// <summary>The digest of the i-th record; empty where no map that can be read names it.</summary>
    public Digest DigestOf(int i) => _digests[i];

    public int LengthOf(int i) => _lengths[i];

    private void Take(in MapPlace place, in MapEntry entry, CancellationToken stop)
    {
        if (!place.IsBlock)
        {
            stop.ThrowIfCancellationRequested();
            return;
        }

        if (!_at.TryGetValue(entry.Name, out var i))
        {
            return;
        }

        var length = BlockSize.LengthOf(place.Index, place.Disk.SizeBytes, place.Point.BlockSizeBytes);
        if (_digests[i].IsEmpty)
        {
            (_digests[i], _lengths[i]) = (entry.Digest, length);
        }
        else if ((_digests[i] != entry.Digest || _lengths[i] != length)
            && _disagreements.Count < MostSentences)
        {
            _disagreements.Add(
                $"Block {place.Index} of disk {place.Disk.Name} in point {place.Point.Sequence} names record "
                + $"{entry.Name} as {entry.Digest}, another entry as {_digests[i]}.");
        }
    }
}
