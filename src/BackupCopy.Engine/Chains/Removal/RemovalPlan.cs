using System.Globalization;
using System.Text;
using BackupCopy.Format;

namespace BackupCopy.Chains.Removal;

/// <summary>
/// What removing points from a chain would release; a value that changes nothing, made by
/// <see cref="RemovalPlanner"/> and executed by <see cref="PointRemoval"/>.
/// </summary>
internal sealed record RemovalPlan
{
    /// <summary>The points that go, oldest first.</summary>
    public required IReadOnlyList<ChainPoint> Points { get; init; }

    /// <summary>Points removed earlier that this finishes.</summary>
    public required IReadOnlyList<Tombstone> Tombstones { get; init; }

    /// <summary>Block files by logical number: records to release, or the whole number.</summary>
    public required IReadOnlyList<IndexRelease> Indexes { get; init; }

    /// <summary>Block files by where the bytes lie: ranges to punch, or the whole file.</summary>
    public required IReadOnlyList<SpaceRelease> Space { get; init; }

    /// <summary>The records that nobody uses any more, dying files left out.</summary>
    public required RecordSet Freed { get; init; }

    /// <summary>Files of moved records whose dead bytes have to be found later.</summary>
    public IReadOnlyCollection<uint> Untold { get; init; } = [];

    /// <summary>What cannot go now, and why; it is left as it is.</summary>
    public required IReadOnlyList<BlockedRemoval> Blocked { get; init; }

    public long FreedBytes => Space.Sum(s => s.FreedBytes);

    /// <summary>Bytes of the indexes that are written anew.</summary>
    public long WrittenBytes => Indexes.Sum(i => i.IndexBytes);

    public bool IsEmpty => Points.Count == 0 && Tombstones.Count == 0;

    /// <summary>A plan that releases records and removes no point.</summary>
    public static RemovalPlan OfSpace(SpacePlan space) => new()
    {
        Points = [],
        Tombstones = [],
        Indexes = space.Indexes,
        Space = space.Files,
        Freed = space.Freed,
        Untold = space.Untold,
        Blocked = [],
    };

    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture,
            $"{Points.Count} points go, {FreedBytes} bytes return, {WrittenBytes} bytes are written.");
        foreach (var space in Space)
        {
            var what = space.Dies ? "deleted" : $"{space.Ranges.Count} ranges punched";
            text.AppendLine().Append(
                CultureInfo.InvariantCulture,
                $"  {Names.BlockFile(space.Number)}: {what}, {space.FreedBytes} bytes");
        }

        foreach (var blocked in Blocked)
        {
            text.AppendLine().Append(
                CultureInfo.InvariantCulture,
                $"  {string.Join(", ", blocked.Sequences)} stay: {blocked.Reason.Message}");
        }

        return text.ToString();
    }
}

/// <param name="Dies">No point uses the number any more: index and own bytes go.</param>
/// <param name="IndexBytes">The size of the index that is written anew; 0 where none is.</param>
internal sealed record IndexRelease(BlockFileReference File, bool Dies, int Records, int IndexBytes);

/// <param name="Number">The file that holds the bytes.</param>
/// <param name="Ranges">Empty where the storage does not punch.</param>
internal sealed record SpaceRelease(
    uint Number, bool Dies, IReadOnlyList<FileRange> Ranges, long FreedBytes);

/// <summary>Neighbouring points that cannot be removed while something beside them does not verify.</summary>
internal sealed record BlockedRemoval(IReadOnlyList<long> Sequences, BackupCopyException Reason);
