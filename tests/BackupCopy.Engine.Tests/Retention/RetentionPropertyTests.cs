using BackupCopy.Retention;

namespace BackupCopy.Tests.Retention;

/// <summary>What holds for every chain and every policy: random chains, wrong clocks, damage.</summary>
public sealed class RetentionPropertyTests
{
    private static readonly string[] s_zones =
        ["UTC", "Europe/Berlin", "America/Havana", "Africa/Cairo", "Pacific/Apia", "Asia/Kathmandu"];

    public static TheoryData<int> Seeds => [.. TestBudget.Seeds(300)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_plan_keeps_its_promises(int seed)
    {
        var random = new Random(seed);
        var policy = Policy(random);
        var points = Points(random, policy);
        var now = points.Count == 0 ? TestChain.Utc("2026-11-22")
            : points[^1].TimeUtc.AddHours(random.Next(-100, 2000));
        var plan = RetentionPlan.Make(points, policy, now);

        Assert.Equal(points, plan.Select(d => d.Point));
        var kept = plan.Where(d => d.Keep).Select(d => d.Point).ToList();
        var good = points.Where(p => p.IsGood).ToList();
        var least = Math.Min(good.Count, policy.KeepPoints ?? 3);
        Assert.Equal(good.TakeLast(least), kept.Where(p => p.IsGood).TakeLast(least));
        Assert.Empty(points.Where(p => p.IsHeld || !p.IsGood).Except(kept));
        Assert.All(plan, d => Assert.Equal(d.Keep, d.Reasons.Count > 0));
        Assert.All(plan, d => Assert.Equal(d.Keep, d.RemoveReasons.Count == 0));
        Assert.All(plan, d => Assert.NotEqual("", d.Why));
        Assert.All(plan, d => Assert.True(d.ExpectedChangeUtc is null || d.ExpectedChangeUtc >= now));

        var shuffled = points.ToArray();
        random.Shuffle(shuffled);
        Assert.Equal(plan.Select(Text), RetentionPlan.Make(shuffled, policy, now).Select(Text));
        Assert.Equal(kept, RetentionPlan.Make(kept, policy, now).Where(d => d.Keep).Select(d => d.Point));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void No_scheduled_day_is_flagged_twice(int seed)
    {
        var random = new Random(seed);
        var flags = Points(random, Policy(random)).Where(p => p.IsGood).SelectMany(p => p.Flags).ToList();
        Assert.Equal(flags.Distinct(), flags);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Keeping_more_never_removes_what_keeping_less_kept(int seed)
    {
        var random = new Random(seed);
        var policy = Policy(random);
        var points = Points(random, policy);
        var more = policy with
        {
            KeepPoints = policy.KeepPoints + random.Next(1, 9),
            KeepDays = policy.KeepDays + random.Next(1, 9),
            Weekly = policy.Weekly is { Keep: GfsKeep.Count count } weekly
                ? weekly with { Keep = new GfsKeep.Count(count.Periods + 1) } : policy.Weekly,
        };
        var now = TestChain.Utc("2026-11-22");
        Assert.Empty(Kept(points, policy, now).Except(Kept(points, more, now)));
    }

    private static IEnumerable<long> Kept(
        IReadOnlyList<RetentionPoint> points, RetentionPolicy policy, DateTime now) =>
        RetentionPlan.Make(points, policy, now).Where(d => d.Keep).Select(d => d.Point.Sequence);

    private static string Text(RetentionDecision decision) =>
        $"{decision.Point.Sequence} {decision.Keep} {decision.Why} {decision.ExpectedChangeUtc:O}";

    // Mostly a point every few hours or days; sometimes the clock jumps, or stands still.
    private static List<RetentionPoint> Points(Random random, RetentionPolicy policy)
    {
        var chain = new TestChain(policy);
        var time = TestChain.Utc("2026-10-01").AddMinutes(random.Next(200_000));
        var stepHours = random.Next(1, 60);
        for (var count = random.Next(0, 60); count > 0; count--)
        {
            time = random.Next(12) switch
            {
                0 => time.AddDays(random.Next(-40, 40)),
                1 => time,
                _ => time.AddHours(stepHours),
            };
            chain.Add(TestChain.Stamp(time), good: random.Next(6) > 0, held: random.Next(15) == 0);
            if (random.Next(20) == 0)
            {
                chain.Policy = Policy(random);
            }
        }

        return chain.Points;
    }

    private static RetentionPolicy Policy(Random random)
    {
        var byDays = random.Next(2) == 0;
        return TestChain.Keep(
            points: byDays ? null : random.Next(2, 12), days: byDays ? random.Next(2, 20) : null,
            weekly: OneOf(random, null, "1 on Sunday", "3 on Wednesday", "2 weeks on Monday"),
            monthly: OneOf(random, null, "1 on Last", "2 on First Sunday", "1 month on 31"),
            quarterly: OneOf(random, null, "1 on Last Friday", "1 quarter on 15 of month 2"),
            yearly: OneOf(random, null, "1 on First Sunday of January", "1 year on Last of October"),
            zone: s_zones[random.Next(s_zones.Length)]);
    }

    private static string? OneOf(Random random, params string?[] texts) => texts[random.Next(texts.Length)];
}
