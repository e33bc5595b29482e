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
            Array.Resize(ref bits, Math.Max(word + 1, bits.Length * 2));
            _files[name.File] = bits;
        }

        bits[word] |= 1UL << (int)(name.Number & 63);
    }

    public bool Contains(RecordName name) =>
        _files.TryGetValue(name.File, out var bits) && (int)(name.Number >> 6) < bits.Length
        && (bits[name.Number >> 6] >> (int)(name.Number & 63) & 1) != 0;

    public int CountOf(uint file) =>
        _files.TryGetValue(file, out var bits) ? bits.Sum(word => BitOperations.PopCount(word)) : 0;

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
