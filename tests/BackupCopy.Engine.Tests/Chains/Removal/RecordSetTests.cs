using BackupCopy.Chains.Removal;
using BackupCopy.Format;

namespace BackupCopy.Tests.Chains.Removal;

/// <summary>Sets of records, against a hash set.</summary>
public sealed class RecordSetTests
{
    public static TheoryData<int> Seeds => [.. TestBudget.Seeds(50)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Whole_files_are_added_from_another_set_or_from_what_it_lacks(int seed)
    {
        var random = new Random(seed);
        var count = random.Next(1, 300);
        var mine = Enumerable.Range(0, random.Next(20)).Select(_ => (uint)random.Next(400)).ToHashSet();
        var theirs = Enumerable.Range(0, random.Next(200)).Select(_ => (uint)random.Next(400)).ToHashSet();
        var other = new RecordSet();
        foreach (var record in theirs)
        {
            other.Add(new RecordName(1, record));
        }

        Assert.Equal(theirs.Union(mine).Order(), With(mine, set => set.AddAll(other, 1)));
        Assert.Equal(
            Enumerable.Range(0, count).Select(r => (uint)r).Except(theirs).Union(mine).Order(),
            With(mine, set => set.AddAllBut(other, 1, count)));
    }

    private static IEnumerable<uint> With(IEnumerable<uint> records, Action<RecordSet> change)
    {
        var set = new RecordSet();
        foreach (var record in records)
        {
            set.Add(new RecordName(1, record));
        }

        change(set);
        return set.Of(1);
    }
}
