using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains.Removal;

/// <summary>
/// Plans the removal of points run by run: neighbouring points that go together, between the survivors on
/// both sides. Only the newer survivor says what stays in use, since the users of a record are neighbours
/// (I-2). A run whose newer survivor does not verify is left alone.
/// </summary>
internal sealed class RemovalPlanner
{
    private readonly Chain _chain;
    private readonly RecordStore _store;
    private readonly IReadOnlyList<Entry> _entries;
    private readonly List<ChainPoint> _points = [];
    private readonly List<Tombstone> _tombstones = [];
    private readonly List<BlockedRemoval> _blocked = [];
    private readonly SpacePlan _space;

    private RemovalPlanner(Chain chain, IReadOnlyList<Entry> entries, RecordStore store)
    {
        _chain = chain;
        _entries = entries;
        _store = store;
        _space = new SpacePlan(chain);
    }

    /// <summary>One point of the chain, removed or not; the file is null where it does not verify.</summary>
    private readonly record struct Entry(
        long Sequence, PointFile? File, ChainPoint? Point, Tombstone? Tombstone);

    /// <param name="going">The sequences to remove; tombstones go in any case.</param>
    public static RemovalPlan Plan(
        Chain chain, IReadOnlyList<ChainPoint> points, IReadOnlyList<Tombstone> tombstones,
        IReadOnlySet<long> going)
    {
        Entry[] entries =
        [
            .. points.Select(p => new Entry(p.Sequence, p.File, p, null))
                .Concat(tombstones.Select(t => new Entry(t.Sequence, t.File, null, t)))
                // Of two files of one sequence the damaged one decides whether anything is released.
                .OrderBy(e => e.Sequence).ThenBy(e => e.File is not null),
        ];
        var machine = entries.FirstOrDefault(e => e.File is not null).File?.MachineId ?? default;
        using var store = chain.OpenStore(machine);
        return new RemovalPlanner(chain, entries, store).Plan(going);
    }

    private RemovalPlan Plan(IReadOnlySet<long> going)
    {
        bool Goes(Entry e) => e.Tombstone is not null || going.Contains(e.Sequence);
        for (var from = 0; from < _entries.Count; from++)
        {
            if (!Goes(_entries[from]))
            {
                continue;
            }

            var to = from;
            while (to < _entries.Count && Goes(_entries[to]))
            {
                to++;
            }

            var older = from == 0 ? 0 : _entries[from - 1].Sequence;
            PlanRun(
                _entries.Skip(from).Take(to - from).ToList(), older,
                to < _entries.Count ? _entries[to] : null);
            from = to;
        }

        _space.AddMoved(ListedByOthers());
        return new RemovalPlan
        {
            Points = _points,
            Tombstones = _tombstones,
            Indexes = _space.Indexes,
            Space = _space.Files,
            Freed = _space.Freed,
            Untold = _space.Untold,
            Blocked = _blocked,
        };
    }

    // What cannot go now goes on using its files.
    private List<BlockFileReference>? ListedByOthers()
    {
        var gone = _points.Select(p => p.Sequence).Concat(_tombstones.Select(t => t.Sequence)).ToHashSet();
        var others = _entries.Where(e => !gone.Contains(e.Sequence)).ToList();
        return others.Exists(e => e.File is null) ? null
            : [.. others.SelectMany(e => e.File!.BlockFiles)];
    }

    private void PlanRun(List<Entry> run, long older, Entry? newer)
    {
        try
        {
            var young = run.SelectMany(e => e.File?.BlockFiles ?? [])
                .Where(f => f.BirthSequence > older).DistinctBy(f => f.Number).ToList();
            if (newer is { File: null } damaged)
            {
                throw damaged.Point!.Damage!;
            }

            var kept = newer?.File!.BlockFiles.ToDictionary(f => f.Number) ?? [];
            var contested = Contested(run, older, newer?.File, young);
            var freed = contested.Count == 0
                ? new RecordSet() : FindFreed(run, older, newer!.Value.File!, contested);
            _space.Add(freed, young.Where(f => !kept.ContainsKey(f.Number)), contested);
            _points.AddRange(run.Select(e => e.Point).OfType<ChainPoint>());
            _tombstones.AddRange(run.Select(e => e.Tombstone).OfType<Tombstone>());
        }
        catch (BackupCopyException error) when (StoredDamage.IsDamage(error.Code))
        {
            _blocked.Add(new BlockedRemoval([.. run.Select(e => e.Sequence)], Explain(error, newer)));
        }
    }

    /// <summary>The block files born for the run that the newer survivor goes on using.</summary>
    private static List<BlockFileReference> Contested(
        List<Entry> run, long older, PointFile? newer, List<BlockFileReference> young)
    {
        // Nobody knows what a point used that does not verify: it may have been any file of its time.
        var listed = run.Exists(e => e.File is null) ? null : young.Select(f => f.Number).ToHashSet();
        return (newer?.BlockFiles ?? [])
            .Where(f => f.BirthSequence > older && f.BirthSequence < newer!.Sequence
                && (listed?.Contains(f.Number) ?? true))
            .ToList();
    }

    /// <summary>Records that nobody uses any more; of the contested files all of them.</summary>
    private RecordSet FindFreed(
        List<Entry> run, long older, PointFile newer, List<BlockFileReference> contested)
    {
        // Maps of points removed earlier may be half released. What the survivor uses tells the rest.
        if (run.TrueForAll(e => e.File is not null && e.Tombstone is null)
            && (run.Count == 1 || IsWalkShorter(run, older, newer)))
        {
            var freed = new RecordSet();
            try
            {
                for (var i = 0; i < run.Count; i++)
                {
                    var next = i + 1 < run.Count ? run[i + 1].File! : newer;
                    RemovalWalk.Run(_store, run[i].File!, older, next, freed);
                }

                return freed;
            }
            catch (BackupCopyException error) when (StoredDamage.IsDamage(error.Code))
            {
                // If it is the survivor that does not verify, the next step says so.
            }
        }

        var used = UsedRecords.Of(_store, newer, older);
        var rest = new RecordSet();
        foreach (var file in contested)
        {
            rest.AddAllBut(used, file.Number, BlockFiles.ReadIndex(_chain, file).Count);
        }

        return rest;
    }

    // Point by point a long run reads every node that changed on the way, and its counterpart; the survivor's
    // maps are bounded by the disk. How many nodes lie in a map file, point files tell.
    private static bool IsWalkShorter(List<Entry> run, long older, PointFile newer)
    {
        var walked = 0L;
        for (var i = 0; i < run.Count; i++)
        {
            var next = (i + 1 < run.Count ? run[i + 1].File! : newer).BlockFiles
                .ToDictionary(f => f.Number, f => f.Uses);
            walked += 2 * MapFiles(run[i].File!, older)
                .Sum(f => Math.Max(0, f.Uses - next.GetValueOrDefault(f.Number)));
        }

        return walked <= MapFiles(newer, older).Sum(f => f.Uses);
    }

    private static IEnumerable<BlockFileReference> MapFiles(PointFile point, long older) =>
        point.BlockFiles.Where(f => f.Kind == BlockFileKind.Map && f.BirthSequence > older);

    private static BackupCopyException Explain(BackupCopyException error, Entry? newer) => new(
        error.Code,
        $"Nothing was released, because restore point {newer?.Sequence} does not verify: {error.Message}",
        newer?.File is null
            ? "Remove that restore point with Remove-BackupCopyRestorePoint, or bring its file back."
            : "Repair the chain, or remove that restore point with Remove-BackupCopyRestorePoint.",
        error);
}
