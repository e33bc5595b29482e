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
    private readonly List<BlockFileReference> _dying = [];
    private readonly List<BlockFileReference> _contested = [];
    private readonly RecordSet _freed = new();

    private RemovalPlanner(Chain chain, IReadOnlyList<Entry> entries, RecordStore store)
    {
        _chain = chain;
        _entries = entries;
        _store = store;
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
                .OrderBy(e => e.Sequence),
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

        var space = new SpacePlan(_chain, _freed, _dying, _contested);
        return new RemovalPlan
        {
            Points = _points,
            Tombstones = _tombstones,
            Indexes = space.Indexes,
            Space = space.Files,
            Freed = _freed,
            Blocked = _blocked,
        };
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
            if (contested.Count > 0)
            {
                FindFreed(run, older, newer!.Value.File!, contested);
            }

            _contested.AddRange(contested);
            _dying.AddRange(young.Where(f => !kept.ContainsKey(f.Number)));
            _points.AddRange(run.Select(e => e.Point).OfType<ChainPoint>());
            _tombstones.AddRange(run.Select(e => e.Tombstone).OfType<Tombstone>());
        }
        catch (BackupCopyException error) when (IsDamage(error))
        {
            _blocked.Add(new BlockedRemoval([.. run.Select(e => e.Sequence)], Explain(error, newer)));
        }
    }

    /// <summary>The block files born for the run that the newer survivor goes on using.</summary>
    private List<BlockFileReference> Contested(
        List<Entry> run, long older, PointFile? newer, List<BlockFileReference> young)
    {
        // Nobody knows what a point used that does not verify: it may have been any file of its time.
        var listed = run.Exists(e => e.File is null) ? null : young.Select(f => f.Number).ToHashSet();
        var contested = (newer?.BlockFiles ?? [])
            .Where(f => f.BirthSequence > older && f.BirthSequence < newer!.Sequence
                && (listed?.Contains(f.Number) ?? true))
            .ToList();
        foreach (var file in contested)
        {
            BlockFiles.ReadIndex(_chain, file);
        }

        return contested;
    }

    private void FindFreed(
        List<Entry> run, long older, PointFile newer, List<BlockFileReference> contested)
    {
        // Maps of points removed earlier may be half released. What the survivor uses tells the rest.
        if (run.TrueForAll(e => e.File is not null && e.Tombstone is null))
        {
            var freed = new RecordSet();
            try
            {
                for (var i = 0; i < run.Count; i++)
                {
                    var next = i + 1 < run.Count ? run[i + 1].File! : newer;
                    RemovalWalk.Run(_store, run[i].File!, older, next, freed);
                }

                foreach (var file in contested)
                {
                    foreach (var record in freed.Of(file.Number))
                    {
                        _freed.Add(new RecordName(file.Number, record));
                    }
                }

                return;
            }
            catch (BackupCopyException error) when (IsDamage(error))
            {
                // If it is the survivor that does not verify, the next step says so.
            }
        }

        var used = UsedRecords.Of(_store, newer, older);
        foreach (var file in contested)
        {
            var count = (uint)BlockFiles.ReadIndex(_chain, file).Count;
            for (uint record = 0; record < count; record++)
            {
                var name = new RecordName(file.Number, record);
                if (!used.Contains(name))
                {
                    _freed.Add(name);
                }
            }
        }
    }

    private static bool IsDamage(BackupCopyException error) =>
        error.Code is ErrorCode.DamagedFile or ErrorCode.DamagedRecord or ErrorCode.MissingFile;

    private static BackupCopyException Explain(BackupCopyException error, Entry? newer) => new(
        error.Code,
        $"Nothing was released, because restore point {newer?.Sequence} does not verify: {error.Message}",
        newer?.File is null
            ? "Remove that restore point with Remove-BackupCopyRestorePoint, or bring its file back."
            : "Repair the chain, or remove that restore point with Remove-BackupCopyRestorePoint.",
        error);
}
