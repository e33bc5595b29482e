using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Format;

namespace BackupCopy.Health;

/// <summary>A data record and where it lies.</summary>
internal readonly record struct BlockSlot(RecordName Name, RecordPlace Place);

/// <summary>A place in the order of reading: by file, then by offset.</summary>
internal readonly record struct ReadPosition(uint File, long Offset)
{
    public static ReadPosition Front => new(0, -1);

    public static ReadPosition End => new(uint.MaxValue, long.MaxValue);

    public static ReadPosition Of(RecordPlace place) => new(place.File, place.Offset);

    public bool IsBefore(ReadPosition other) =>
        File < other.File || (File == other.File && Offset < other.Offset);
}

/// <summary>
/// The chosen records in the order of their places, so many at a time: memory does not grow with the chain
/// (I-6). Records that move while they are read move into files of higher numbers, and so are met later.
/// </summary>
internal sealed class BlockOrder
{
    /// <summary>64 GiB of blocks of 256 KB: maps are walked once for each time.</summary>
    public const int MostAtOnce = 1 << 18;

    private readonly Chain _chain;
    private readonly RecordSet _chosen;
    private readonly int _mostAtOnce;

    // Block file -> the numbers of which it holds chosen records.
    private readonly SortedDictionary<uint, List<uint>> _files = [];
    private readonly List<BlockSlot> _slots = [];
    private readonly List<(RecordName Name, string Message)> _placeless = [];

    public BlockOrder(Chain chain, RecordSet chosen, ReadPosition from, int mostAtOnce = MostAtOnce)
    {
        _chain = chain;
        _chosen = chosen;
        _mostAtOnce = mostAtOnce;
        Scan(from);
    }

    public IReadOnlyList<BlockSlot> Slots => _slots;

    /// <summary>Chosen records whose index has no place for them.</summary>
    public IReadOnlyList<(RecordName Name, string Message)> Placeless => _placeless;

    /// <summary>The bytes of all chosen records.</summary>
    public long TotalBytes { get; private set; }

    /// <summary>The bytes of those behind the position.</summary>
    public long BytesBehind { get; private set; }

    /// <summary>Fetches the next ones behind a position; false at the end.</summary>
    public bool Fill(ReadPosition behind)
    {
        FillFromKnown(behind);
        if (_slots.Count == 0)
        {
            // What moved meanwhile lies in files that were not known.
            Scan(behind);
            FillFromKnown(behind);
        }

        return _slots.Count > 0;
    }

    private void FillFromKnown(ReadPosition behind)
    {
        _slots.Clear();
        foreach (var (file, numbers) in _files)
        {
            if (file < behind.File)
            {
                continue;
            }

            foreach (var number in numbers)
            {
                Fill(number, file, behind);
            }

            if (_slots.Count >= _mostAtOnce)
            {
                break;
            }
        }

        Cut();
    }

    private void Scan(ReadPosition from)
    {
        _files.Clear();
        _placeless.Clear();
        (TotalBytes, BytesBehind) = (0, 0);
        foreach (var number in _chosen.Files.Order())
        {
            Scan(number, from);
        }
    }

    private void Scan(uint number, ReadPosition from)
    {
        // One that cannot be read is a finding of its own.
        if (TryIndex(number) is not { } index)
        {
            return;
        }

        foreach (var record in _chosen.Of(number))
        {
            if (record >= index.Count || index[record].IsReleased)
            {
                Lost(new RecordName(number, record), record < index.Count);
                continue;
            }

            var place = index[record];
            TotalBytes += place.SlotLength;
            BytesBehind += from.IsBefore(ReadPosition.Of(place)) ? place.SlotLength : 0;
            if (!_files.TryGetValue(place.File, out var numbers))
            {
                _files.Add(place.File, numbers = []);
            }

            if (numbers.Count == 0 || numbers[^1] != number)
            {
                numbers.Add(number);
            }
        }
    }

    private void Lost(RecordName name, bool isReleased)
    {
        if (_placeless.Count < HealthFile.MostDamage)
        {
            _placeless.Add((name, isReleased
                ? $"Record {name} is in use and was released."
                : $"Record {name} is in use, and {Names.IndexFile(name.File)} has no place for it."));
        }
    }

    private void Fill(uint number, uint file, ReadPosition behind)
    {
        if (TryIndex(number) is not { } index)
        {
            return;
        }

        foreach (var record in _chosen.Of(number))
        {
            if (record >= index.Count)
            {
                break;
            }

            var place = index[record];
            if (place.File == file && !place.IsReleased && behind.IsBefore(ReadPosition.Of(place)))
            {
                _slots.Add(new BlockSlot(new RecordName(number, record), place));
                if (_slots.Count >= 2 * _mostAtOnce)
                {
                    Cut();
                }
            }
        }
    }

    private IndexFile? TryIndex(uint number)
    {
        try
        {
            return BlockFiles.TryReadIndex(_chain, number);
        }
        catch (BackupCopyException error) when (ReadFault.IsDamage(_chain.Repository, error))
        {
            return null;
        }
    }

    private void Cut()
    {
        _slots.Sort(static (a, b) => a.Place.File != b.Place.File
            ? a.Place.File.CompareTo(b.Place.File) : a.Place.Offset.CompareTo(b.Place.Offset));
        if (_slots.Count > _mostAtOnce)
        {
            _slots.RemoveRange(_mostAtOnce, _slots.Count - _mostAtOnce);
        }
    }
}
