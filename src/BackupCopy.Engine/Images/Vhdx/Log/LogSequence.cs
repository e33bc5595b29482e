namespace BackupCopy.Images.Vhdx.Log;

/// <summary>
/// The entries to replay (MS-VHDX 2.3.2): entries that follow each other with consecutive numbers, of which
/// the last names one of them as its tail; among several such sequences the one with the greatest number.
/// What comes behind the last whole entry was being written when the power went, and does not count.
/// </summary>
internal static class LogSequence
{
    /// <summary>From the tail to the head; empty where the log holds no sequence.</summary>
    public static IReadOnlyList<LogEntry> FindActive(LogRing ring)
    {
        List<LogEntry> active = [];
        var seen = new HashSet<long>();
        long tail = 0;
        while ((tail = ring.NextUsed(tail)) < ring.LengthBytes)
        {
            // From within a walk that was taken, the same head would be reached again.
            if (seen.Contains(tail) || ring.EntryAt(tail) is not { } first)
            {
                tail += LogEntry.SectorBytes;
                continue;
            }

            var entries = Walk(ring, first, seen);
            var head = entries[^1];
            var from = entries.FindIndex(e => e.Position == head.Tail);
            if (from < 0)
            {
                tail += LogEntry.SectorBytes;
                continue;
            }

            if (active.Count == 0 || head.SequenceNumber > active[^1].SequenceNumber)
            {
                active = entries[from..];
            }

            var next = (head.Position + head.LengthBytes) % ring.LengthBytes;
            if (next <= tail)
            {
                break;
            }

            tail = next;
        }

        return active;
    }

    private static List<LogEntry> Walk(LogRing ring, LogEntry first, HashSet<long> seen)
    {
        List<LogEntry> entries = [first];
        seen.Add(first.Position);
        long walkedBytes = first.LengthBytes;
        while (true)
        {
            var last = entries[^1];
            var next = (last.Position + last.LengthBytes) % ring.LengthBytes;
            if (ring.EntryAt(next) is not { } entry || entry.SequenceNumber != last.SequenceNumber + 1
                || (walkedBytes += entry.LengthBytes) > ring.LengthBytes)
            {
                return entries;
            }

            seen.Add(next);
            entries.Add(entry);
        }
    }
}
