namespace BackupCopy.Tests.Chains.Removal;

/// <summary>
/// Random lives of a chain against a model: whatever is removed, however it is interrupted, all other points
/// hold what they held, and nothing leaks. BACKUPCOPY_TEST_BUDGET multiplies the number of lives.
/// </summary>
public sealed class ChainLifeTests
{
    private const int Lanes = 4;

    public static TheoryData<int> LaneNumbers => [.. Enumerable.Range(0, Lanes)];

    [Theory]
    [MemberData(nameof(LaneNumbers))]
    public void Every_point_that_must_exist_holds_what_it_held_and_nothing_leaks(int lane)
    {
        foreach (var seed in TestBudget.Seeds(100).Where(s => s % Lanes == lane))
        {
            var life = new ChainLife(seed);
            try
            {
                life.Run(steps: 12);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                throw new InvalidOperationException(
                    $"Seed {seed} after {string.Join("; ", life.Steps)}: {error.Message}", error);
            }
        }
    }
}
