using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains;

/// <summary>
/// The highest sequence and block-file number that a chain ever gave out: found in its files' names and
/// lists, and kept in the name of an empty file before the last file that tells it goes.
/// </summary>
internal sealed class HighWater
{
    private readonly Chain _chain;

    private HighWater(Chain chain) => _chain = chain;

    public long Sequence { get; private set; }

    public uint Number { get; private set; }

    /// <summary>The marks of a chain; files without a point file are told by their names.</summary>
    public static HighWater Of(Chain chain, IEnumerable<PointFile?> pointFiles)
    {
        var high = new HighWater(chain);
        foreach (var file in pointFiles.SelectMany(p => p?.BlockFiles ?? []))
        {
            high.Number = Math.Max(high.Number, file.Number);
        }

        high.AddNames(new HashSet<string>());
        return high;
    }

    /// <summary>Whether names alone still tell both marks once some of them are gone.</summary>
    public bool IsToldWithout(IReadOnlySet<string> going)
    {
        var left = new HighWater(_chain);
        left.AddNames(going);
        return left.Sequence == Sequence && left.Number == Number;
    }

    /// <summary>A sequence that the chain never gave out.</summary>
    public long NextSequence() => ++Sequence;

    /// <summary>A block-file number that the chain never gave out.</summary>
    public uint NextNumber() => ++Number;

    /// <summary>
    /// Writes the marks down as a name, durably, so that what told them may go; deletes the names that it
    /// makes needless.
    /// </summary>
    public void Keep()
    {
        var name = Names.HighWaterFile(Sequence, Number);
        var path = Path.Combine(_chain.Path, name);
        if (!_chain.Repository.Storage.FileExists(path))
        {
            _chain.Repository.Storage.Open(path, OpenFor.Creating).Dispose();
        }

        _chain.Repository.Storage.FlushDirectory(_chain.Path);
        DropOlder();
    }

    private void DropOlder()
    {
        var newest = Names.HighWaterFile(Sequence, Number);
        foreach (var entry in _chain.Repository.Storage.List(_chain.Path))
        {
            if (Names.TryHighWater(entry.Name, out var sequence, out var number) && entry.Name != newest
                && sequence <= Sequence && number <= Number)
            {
                _chain.DeleteFile(entry.Name);
            }
        }
    }

    private void AddNames(IReadOnlySet<string> except)
    {
        foreach (var entry in _chain.Repository.Storage.List(_chain.Path))
        {
            if (!except.Contains(entry.Name))
            {
                Add(entry.Name);
            }
        }
    }

    private void Add(string name)
    {
        foreach (var ending in (string[])[Names.Point, Names.Removed, Names.Mark, Names.Unfinished])
        {
            if (Names.TryPoint(name, ending, out var sequence))
            {
                Sequence = Math.Max(Sequence, sequence);
            }
        }

        if (Names.TryNumber(name, Names.Blocks, out var number)
            || Names.TryNumber(name, Names.Index, out number))
        {
            Number = Math.Max(Number, number);
        }

        if (Names.TryHighWater(name, out var highSequence, out var highNumber))
        {
            Sequence = Math.Max(Sequence, highSequence);
            Number = Math.Max(Number, highNumber);
        }
    }
}
