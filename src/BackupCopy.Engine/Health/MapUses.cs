using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Format;

namespace BackupCopy.Health;

/// <summary>What the readable maps of one point name, entry by entry.</summary>
internal sealed class MapUses
{
    /// <summary>How many entries name a record of each block file.</summary>
    public Dictionary<uint, long> Counts { get; } = [];

    public RecordSet Names { get; } = new();

    /// <summary>Those whose entry says that another one of the point names them too.</summary>
    public RecordSet Shared { get; } = new();

    public static MapUses Of(RecordStore store, PointFile point, CancellationToken cancellation)
    {
        var uses = new MapUses();
        RepairWalk.Run(store, [point], _ => true, uses.Add, cancellation);
        return uses;
    }

    private void Add(RecordUse use)
    {
        Counts[use.Name.File] = Counts.GetValueOrDefault(use.Name.File) + 1;
        Names.Add(use.Name);
        if (use.Entry.Flags.HasFlag(MapEntryFlags.Shared))
        {
            Shared.Add(use.Name);
        }
    }
}
