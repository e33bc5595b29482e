using BackupCopy.Blocks;
using BackupCopy.Chains.Removal;
using BackupCopy.Format;

namespace BackupCopy.Chains;

/// <summary>
/// The records of the unfinished point, by digest: what need not be sent again if it verifies. About 28
/// bytes a record hold 1 TiB of 512 KB blocks in 56 MB; records over the limit are stored again
/// rather than held in memory. A record is handed out once: a second equal block must not name it
/// without the flag "shared" (I-2).
/// </summary>
internal sealed class AdoptionTable(RecordStore store)
{
    private const int MostRecords = 2 << 20;

    private readonly Dictionary<ulong, RecordName> _byPrefix = [];
    private readonly RecordSet _taken = new();
    private readonly Lock _gate = new();

    public void Add(Digest digest, RecordName name)
    {
        if (_byPrefix.Count < MostRecords)
        {
            _byPrefix.TryAdd(digest.A, name);
        }
    }

    /// <summary>
    /// The records that were taken; the others are of no use once the point is published.
    /// </summary>
    public RecordSet Taken => _taken;

    /// <summary>Takes the record of this content, if one waits. From any thread.</summary>
    public bool TryTake(Digest digest, out RecordName name)
    {
        lock (_gate)
        {
            if (!_byPrefix.Remove(digest.A, out name))
            {
                return false;
            }
        }

        // 64 bits find the record, all 256 decide: a guest could make blocks that agree in fewer. The record
        // is read whole: the source is still there to send again what rotted since.
        if (!store.Holds(name, digest))
        {
            return false;
        }

        lock (_gate)
        {
            _taken.Add(name);
        }

        return true;
    }
}
