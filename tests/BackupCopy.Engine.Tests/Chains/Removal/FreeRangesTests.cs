using BackupCopy.Chains.Removal;
using BackupCopy.Format;

namespace BackupCopy.Tests.Chains.Removal;

/// <summary>Free pages of a block file, against counting page by page.</summary>
public sealed class FreeRangesTests
{
    public static TheoryData<int> Seeds => [.. TestBudget.Seeds(50)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Exactly_the_pages_without_a_live_byte_beside_a_released_record_are_punched(int seed)
    {
        var random = new Random(seed);
        var small = random.Next(2) == 0;
        var front = small ? 128 : 4096;
        var slots = new List<(RecordPlace Place, bool Released)>();
        long end = front;
        for (var i = random.Next(40); i > 0; i--)
        {
            var length = small ? random.Next(1, 200) * 64 : random.Next(1, 4) * 4096;
            // A quarter was released earlier and is not listed any more.
            if (random.Next(4) > 0)
            {
                slots.Add((new RecordPlace(1, length, end), random.Next(2) == 0));
            }

            end += length;
        }

        var free = FreeRanges.Of(front, end, slots);

        var live = slots.Where(s => !s.Released).Select(s => s.Place);
        var before = Free(front, end, slots.Select(s => s.Place));
        var after = Free(front, end, live);
        var punched = free.Ranges
            .SelectMany(r => Enumerable.Range((int)(r.Offset / 4096), (int)(r.Length / 4096))).ToHashSet();
        Assert.Equal((after.Count - before.Count) * 4096L, free.FreedBytes);
        Assert.Subset(after, punched);
        Assert.Superset(after.Except(before).ToHashSet(), punched);
        Assert.All(free.Ranges, r => Assert.Equal((0, 0), (r.Offset % 4096, r.Length % 4096)));
        Assert.Equal(
            after.Order(),
            FreeRanges.Between(front, end, live)
                .SelectMany(r => Enumerable.Range((int)(r.Offset / 4096), (int)(r.Length / 4096))));
    }

    private static HashSet<int> Free(long front, long end, IEnumerable<RecordPlace> live)
    {
        var used = new bool[FormatLimits.AlignUp(end, 4096)];
        used.AsSpan(0, (int)front).Fill(true);
        foreach (var place in live)
        {
            used.AsSpan((int)place.Offset, place.SlotLength).Fill(true);
        }

        return [.. Enumerable.Range(0, used.Length / 4096)
            .Where(p => !used.AsSpan(p * 4096, 4096).Contains(true))];
    }
}
