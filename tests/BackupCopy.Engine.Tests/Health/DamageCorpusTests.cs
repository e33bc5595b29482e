using BackupCopy.Chains;
using BackupCopy.Health;
using BackupCopy.Tests.Chains;

namespace BackupCopy.Tests.Health;

/// <summary>
/// Random damage to every structure of a chain of seven points. BACKUPCOPY_TEST_BUDGET multiplies the number
/// of seeds; BACKUPCOPY_TEST_SEED runs one.
/// </summary>
public abstract class DamageCorpus
{
    private const int Seeds = 25;
    private const int MostTold = 20;

    private static readonly Dictionary<DamageGround, Lazy<DamageWorld>> s_worlds =
        Enum.GetValues<DamageGround>().ToDictionary(g => g, g => new Lazy<DamageWorld>(() => new(g)));

    private protected static DamageWorld WorldOf(DamageGround ground) => s_worlds[ground].Value;

    private protected static void RunAll(DamageGround ground, DamageHolders holders, int damages = 1)
    {
        var failures = new List<string>();
        foreach (var seed in TestBudget.Seeds(Seeds))
        {
            if (Failure(ground, holders, seed, damages) is { } failure)
            {
                failures.Add(failure);
            }
        }

        Assert.True(
            failures.Count == 0,
            $"{failures.Count} seeds failed:\n{string.Join("\n", failures.Take(MostTold))}");
    }

    private static string? Failure(DamageGround ground, DamageHolders holders, int seed, int damages)
    {
        var damage = new DamageCase(WorldOf(ground), holders, seed, damages);
        try
        {
            damage.Run();
            return null;
        }
        catch (Exception error)
        {
            return $"seed {seed} ({ground}, {holders}), {damage.What}: {error}";
        }
    }
}

/// <summary>Everything has a holder: all of it is healed.</summary>
public sealed class DamageHealedTests : DamageCorpus
{
    [Theory]
    [InlineData(DamageGround.Punched)]
    [InlineData(DamageGround.Rewritten)]
    [InlineData(DamageGround.Compacted)]
    public void Everything_is_found_and_healed_from_the_source(DamageGround ground) =>
        RunAll(ground, DamageHolders.All);
}

/// <summary>Several damages at once may leave nothing of something; the rest goes on.</summary>
public sealed class DamageTogetherTests : DamageCorpus
{
    [Theory]
    [InlineData(DamageGround.Punched, 2)]
    [InlineData(DamageGround.Rewritten, 3)]
    [InlineData(DamageGround.Compacted, 4)]
    public void Several_damages_at_once_are_found_and_harm_nothing_else(DamageGround ground, int damages) =>
        RunAll(ground, DamageHolders.All, damages);
}

/// <summary>What has no holder is named, and harms nothing else.</summary>
public sealed class DamageLeftTests : DamageCorpus
{
    [Theory]
    [InlineData(DamageGround.Punched, DamageHolders.Some)]
    [InlineData(DamageGround.Rewritten, DamageHolders.Some)]
    [InlineData(DamageGround.Punched, DamageHolders.None)]
    [InlineData(DamageGround.Rewritten, DamageHolders.None)]
    [InlineData(DamageGround.Compacted, DamageHolders.Some)]
    [InlineData(DamageGround.Compacted, DamageHolders.None)]
    public void What_nobody_holds_is_named_and_harms_nothing_else(
        DamageGround ground, DamageHolders holders) => RunAll(ground, holders);

    [Theory]
    [InlineData(DamageGround.Punched)]
    [InlineData(DamageGround.Rewritten)]
    [InlineData(DamageGround.Compacted)]
    public async Task Nothing_is_found_where_nothing_is_damaged(DamageGround ground)
    {
        var world = WorldOf(ground);
        var disk = world.NewDisk();
        Assert.Empty(world.Uses.Changed(disk));
        foreach (var depth in Enum.GetValues<CheckDepth>())
        {
            var request = new CheckRequest { Depth = depth, Scope = CheckScope.All, NowUtc = Lab.Start };
            var outcome = await ChainCheck.RunAsync(DamageWorld.Target(disk), request, default);
            Assert.Empty(outcome.Damage);
            Assert.Equal(world.Sequences, outcome.Points);
            Assert.Equal(outcome.TotalBytes, outcome.CheckedBytes);
        }

        Assert.Equal(world.Sequences, world.Restorable(DamageWorld.Target(disk)).Order());
        Assert.Equal(
            ground != DamageGround.Punched, BlockFiles.OfMovedRecords(DamageWorld.Target(disk)).Count > 0);
        Assert.Equal(
            ground != DamageGround.Rewritten,
            world.Uses.Files.Any(f => disk.AllocatedBytes(f) < DamageUses.Read(disk, f)!.Length));
    }
}
