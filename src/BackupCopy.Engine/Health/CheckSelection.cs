using System.Globalization;
using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Format;

namespace BackupCopy.Health;

/// <summary>The points whose blocks a check reads.</summary>
/// <param name="Scope">As it is remembered: a check of another scope begins at the front.</param>
internal sealed record CheckSelection(IReadOnlyList<PointFile> Points, string Scope)
{
    public static CheckSelection Of(
        CheckRequest request, Chain chain, IReadOnlyList<ChainPoint> points, IReadOnlyList<PointFile> files)
    {
        switch (request.Scope)
        {
            case CheckScope.Newest:
                var newest = points.LastOrDefault(p => p.IsUsable)?.Sequence;
                return new CheckSelection(
                    [.. files.Where(f => f.Sequence == newest)], nameof(CheckScope.Newest));
            case CheckScope.Points:
                return Chosen(request, chain, files);
            default:
                return new CheckSelection(files, request.Scope.ToString());
        }
    }

    /// <summary>Their data records.</summary>
    public RecordSet Records(RecordStore store)
    {
        var records = new RecordSet();
        var walk = new ChainWalk(
            store,
            (in MapPlace place, in MapEntry entry) =>
            {
                if (place.IsBlock)
                {
                    records.Add(entry.Name);
                }
            })
        {
            // A node that cannot be read was told before.
            Failed = (in MapPlace _, in MapEntry _, BackupCopyException _) => true,
        };
        walk.VisitAll(Points);
        return records;
    }

    private static CheckSelection Chosen(CheckRequest request, Chain chain, IReadOnlyList<PointFile> files)
    {
        var chosen = files.Where(f => request.Sequences.Contains(f.Sequence)).ToList();
        var missing = request.Sequences.Except(chosen.Select(f => f.Sequence)).ToList();
        if (missing.Count > 0)
        {
            throw new BackupCopyException(
                ErrorCode.RestorePointNotFound,
                $"{chain.Path} has no restore point {missing[0]} that can be read.",
                "List the restore points and choose one of those.");
        }

        var sequences = chosen.Select(f => f.Sequence.ToString(CultureInfo.InvariantCulture));
        return new CheckSelection(chosen, $"{nameof(CheckScope.Points)} {string.Join(',', sequences)}");
    }
}
