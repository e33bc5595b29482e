namespace BackupCopy.Tests.Storage;

/// <summary>
/// The content of one file: as programs see it, as the disk has it, and the changes in between. A power cut
/// keeps, loses or tears each change by sectors. A sector never goes back behind a change that it kept: its
/// bytes are those of one moment, as the page cache would have written them.
/// </summary>
internal sealed class SimulatedContent : SimulatedNode
{
    public const int SectorSize = 512;

    private List<Change> _pending = [];
    private SparseBytes _visible = new();
    private SparseBytes _durable = new();

    public long Length => _visible.Length;

    /// <summary>No program can open it any more; it takes no space of the visible files.</summary>
    public bool IsUnlinked { get; set; }

    public long AllocatedBytes => _visible.AllocatedBytes;

    public int Read(Span<byte> to, long offset) => _visible.Read(to, offset);

    public long BlocksMissing(long offset, long length) => _visible.BlocksMissing(offset, length);

    public void Write(ReadOnlySpan<byte> from, long offset)
    {
        _visible.Write(from, offset);
        _pending.Add(new Change(offset, from.Length, from.ToArray(), Length));
    }

    public void Punch(long offset, long length)
    {
        var inside = Math.Min(length, Math.Max(0, Length - offset));
        _visible.Punch(offset, length);
        _pending.Add(new Change(offset, inside, null, Length));
    }

    public void SetLength(long length)
    {
        var cut = Math.Max(0, Length - length);
        _visible.SetLength(length);
        _pending.Add(new Change(length, cut, null, length) { IsTruncation = cut > 0 });
    }

    public void Flush()
    {
        if (_pending.Exists(change => change.IsForgotten))
        {
            var durable = _durable.Clone();
            foreach (var change in _pending.Where(change => !change.IsForgotten))
            {
                Apply(durable, change, change.Offset, change.Length);
            }

            durable.SetLength(Length);
            _durable = durable;
            _pending.RemoveAll(change => !change.IsForgotten);
        }
        else if (_pending.Count > 0)
        {
            _durable = _visible.Clone();
            _pending.Clear();
        }
    }

    /// <summary>
    /// A flush that failed: the system drops the dirty marks, so that no later flush writes these changes,
    /// although programs go on reading them.
    /// </summary>
    public void FailFlush() =>
        _pending = [.. _pending.Select(change => change with { IsForgotten = change.Bytes is not null })];

    public SimulatedContent Survivor(CutChances chances)
    {
        var version = chances.LengthVersion(_pending.Count);
        var kept = new SectorVersions();
        for (var i = 0; i < _pending.Count; i++)
        {
            var change = _pending[i];
            var torn = !change.IsTruncation && chances.Tears();
            if (torn || (change.IsTruncation ? i < version : chances.KeepsWrite()))
            {
                kept.Keep(change.Offset, change.Length, i, torn ? chances.KeepsSector : static () => true);
            }
        }

        var bytes = _durable.Clone();
        for (var i = 0; i < _pending.Count; i++)
        {
            foreach (var (offset, length) in kept.RunsFrom(_pending[i].Offset, _pending[i].Length, i))
            {
                Apply(bytes, _pending[i], offset, length);
            }
        }

        bytes.SetLength(version == 0 ? _durable.Length : _pending[version - 1].LengthAfter);
        FillLost(bytes, kept, chances);
        return new SimulatedContent { _visible = bytes, _durable = bytes.Clone(), ChangedUtc = ChangedUtc };
    }

    protected override void CopyTo(SimulatedNode copy, Dictionary<SimulatedNode, SimulatedNode> copies)
    {
        var to = (SimulatedContent)copy;
        to._visible = _visible.Clone();
        to._durable = _durable.Clone();
        to._pending = [.. _pending];
    }

    private static void Apply(SparseBytes to, Change change, long offset, long length)
    {
        if (change.Bytes is null)
        {
            to.Punch(offset, length);
        }
        else
        {
            to.Write(change.Bytes.AsSpan((int)(offset - change.Offset), (int)length), offset);
        }
    }

    // Behind the flushed length, a sector that was written but did not reach the disk holds whatever was
    // there.
    private void FillLost(SparseBytes bytes, SectorVersions kept, CutChances chances)
    {
        var end = bytes.Length;
        chances.ChooseStale();
        Span<byte> sector = stackalloc byte[SectorSize];
        foreach (var change in _pending.Where(change => change.Bytes is not null))
        {
            var first = Math.Max(change.Offset, _durable.Length + SectorSize - 1) / SectorSize;
            var last = Math.Min(change.Offset + change.Length, end);
            for (var at = first * SectorSize; at < last; at += SectorSize)
            {
                if (!kept.Has(at))
                {
                    var part = sector[..(int)Math.Min(SectorSize, end - at)];
                    chances.FillLost(part, at);
                    bytes.Write(part, at);
                }
            }
        }
    }

    /// <summary>Bytes written to a range, or none: zeros.</summary>
    private readonly record struct Change(long Offset, long Length, byte[]? Bytes, long LengthAfter)
    {
        public bool IsTruncation { get; init; }

        public bool IsForgotten { get; init; }
    }

    /// <summary>The newest change that each sector kept.</summary>
    private sealed class SectorVersions
    {
        private const int Group = 64;
        private readonly Dictionary<long, int[]> _groups = [];

        public void Keep(long offset, long length, int version, Func<bool> keeps)
        {
            for (var sector = offset / SectorSize; sector * SectorSize < offset + length; sector++)
            {
                if (keeps())
                {
                    At(sector) = version + 1;
                }
            }
        }

        public bool Has(long offset) => Of(offset / SectorSize) > 0;

        public IEnumerable<(long Offset, long Length)> RunsFrom(long offset, long length, int version)
        {
            var end = offset + length;
            var start = -1L;
            for (var at = offset; at < end; at = (at / SectorSize + 1) * SectorSize)
            {
                var isKept = Of(at / SectorSize) > version;
                if (isKept && start < 0)
                {
                    start = at;
                }
                else if (!isKept && start >= 0)
                {
                    yield return (start, at - start);
                    start = -1;
                }
            }

            if (start >= 0)
            {
                yield return (start, end - start);
            }
        }

        private int Of(long sector) =>
            _groups.TryGetValue(sector / Group, out var group) ? group[sector % Group] : 0;

        private ref int At(long sector)
        {
            if (!_groups.TryGetValue(sector / Group, out var group))
            {
                _groups.Add(sector / Group, group = new int[Group]);
            }

            return ref group[sector % Group];
        }
    }
}
