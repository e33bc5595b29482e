using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace BackupCopy.Storage;

/// <summary>
/// Tells the living holders on other hosts from the dead: a record whose bytes stood still for a whole term
/// of our own monotonic clock is a dead one's. What cannot be read or does not parse counts as a living
/// holder's until then.
/// </summary>
internal sealed class ForeignHolders(IStorage storage, TimeProvider time, TimeSpan term)
{
    private static readonly byte[] s_unreadable = [];

    // What was found dead by its record's bytes: nobody waits for the same ones again.
    private static readonly ConditionalWeakTable<IStorage, ConcurrentDictionary<string, byte[]>> s_dead = [];

    private readonly ConcurrentDictionary<string, byte[]> _dead =
        s_dead.GetValue(storage, _ => new ConcurrentDictionary<string, byte[]>(StringComparer.Ordinal));

    /// <summary>Whether it is there and not one of this host, whose locks the system knows.</summary>
    public bool IsForeign(string record) => Look(record) is not null;

    /// <summary>Those of the records that somebody elsewhere keeps up. All wait together, one term.</summary>
    public IReadOnlySet<string> Alive(IEnumerable<string> records)
    {
        var alive = new HashSet<string>(StringComparer.Ordinal);
        var watched = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var all = records.ToList();
        foreach (var record in all)
        {
            if (Look(record) is { } bytes)
            {
                watched[record] = bytes;
            }
        }

        if (watched.Count == 0)
        {
            return alive;
        }

        var start = time.GetTimestamp();
        while (watched.Count > 0 && time.GetElapsedTime(start) < term)
        {
            Thread.Sleep(term / 20);
            foreach (var (record, before) in watched.ToList())
            {
                var now = Look(record);
                if (now is null)
                {
                    watched.Remove(record);
                }
                else if (!now.AsSpan().SequenceEqual(before))
                {
                    alive.Add(record);
                    watched.Remove(record);
                }
            }
        }

        // Somebody may have come during the wait for the others.
        alive.UnionWith(all.Where(record => !watched.ContainsKey(record) && IsForeign(record)));
        foreach (var (record, bytes) in watched.Where(w => !ReferenceEquals(w.Value, s_unreadable)))
        {
            _dead[record] = bytes;
        }

        alive.UnionWith(watched.Where(w => ReferenceEquals(w.Value, s_unreadable)).Select(w => w.Key));
        return alive;
    }

    private bool IsDead(string record, byte[] bytes) =>
        _dead.TryGetValue(record, out var dead) && bytes.AsSpan().SequenceEqual(dead);

    // Null when nobody elsewhere says that he has it.
    private byte[]? Look(string record)
    {
        try
        {
            var bytes = storage.ReadSmall(record, LockHolder.MostBytes);
            var holder = LockHolder.Parse(bytes);
            return holder is { IsReleased: true } or { IsThisHost: true } || IsDead(record, bytes)
                ? null : bytes;
        }
        catch (BackupCopyException error)
        {
            return error.Code == ErrorCode.MissingFile ? null : s_unreadable;
        }
    }
}
