using System.Numerics;
using BackupCopy.Format;

namespace BackupCopy.Chains.Removal;

/// <summary>A set of records by their logical names: one bit a record, so millions fit.</summary>
internal sealed class RecordSet
{
    private readonly Dictionary<uint, ulong[]> _files = [];

    public IEnumerable<uint> Files => _files.Keys;

    public void Add(RecordName name)
    {
        var word = (int)(name.Number >> 6);
        var bits = _files.GetValueOrDefault(name.File) ?? [];
        if (word >= bits.Length)
        {
            bits = Grow(name.File, Math.Max(word + 1, bits.Length * 2));
        }

        bits[word] |= 1UL << (int)(name.Number & 63);
    }

    /// <summary>Adds what another set has of a file.</summary>
    public void AddAll(RecordSet other, uint file)
    {
        var theirs = other.BitsOf(file);
        var bits = Grow(file, theirs.Length);
        for (var word = 0; word < theirs.Length; word++)
        {
            bits[word] |= theirs[word];
        }
    }

    /// <summary>Adds the first so many records of a file that another set does not have.</summary>
    public void AddAllBut(RecordSet other, uint file, int count)
    {
        var theirs = other.BitsOf(file);
        var words = (count + 63) / 64;
        var bits = Grow(file, words);
        for (var word = 0; word < words; word++)
        {
            var all = count - word * 64 >= 64 ? ulong.MaxValue : (1UL << (count & 63)) - 1;
            bits[word] |= all & ~(word < theirs.Length ? theirs[word] : 0);
        }
    }

    public bool Contains(RecordName name) =>
        _files.TryGetValue(name.File, out var bits) && (int)(name.Number >> 6) < bits.Length
        && (bits[name.Number >> 6] >> (int)(name.Number & 63) & 1) != 0;

    public int CountOf(uint file) =>
        _files.TryGetValue(file, out var bits) ? bits.Sum(word => BitOperations.PopCount(word)) : 0;

    private ulong[] Grow(uint file, int words)
    {
        var bits = _files.GetValueOrDefault(file) ?? [];
        if (bits.Length < words)
        {
            Array.Resize(ref bits, words);
            _files[file] = bits;
        }

        return bits;
    }

    /// <summary>
    /// A bit a record of a file, not to be changed; records behind the end are not in the set.
    /// </summary>
    public ulong[] BitsOf(uint file) => _files.GetValueOrDefault(file) ?? [];

    /// <summary>The numbers of a file's records in the set, ascending.</summary>
    public IEnumerable<uint> Of(uint file)
    {
        var bits = _files.GetValueOrDefault(file) ?? [];
        for (var word = 0; word < bits.Length; word++)
        {
            for (var left = bits[word]; left != 0; left &= left - 1)
            {
                yield return (uint)(word * 64 + BitOperations.TrailingZeroCount(left));
            }
        }
    }
}
