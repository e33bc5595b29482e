using System.Globalization;

namespace BackupCopy.Tests;

/// <summary>How much the random tests do: little by default, more on demand.</summary>
internal static class TestBudget
{
    /// <summary>BACKUPCOPY_TEST_BUDGET: how many times the usual number; 1 when it is not set.</summary>
    public static double Factor { get; } =
        double.TryParse(
            Environment.GetEnvironmentVariable("BACKUPCOPY_TEST_BUDGET"), CultureInfo.InvariantCulture,
            out var factor)
            ? factor : 1;

    /// <summary>Seeds 1 to count × factor, or the one seed of BACKUPCOPY_TEST_SEED.</summary>
    public static IEnumerable<int> Seeds(int count) =>
        int.TryParse(
            Environment.GetEnvironmentVariable("BACKUPCOPY_TEST_SEED"), CultureInfo.InvariantCulture,
            out var seed)
            ? [seed] : Enumerable.Range(1, Math.Max(1, (int)(count * Factor)));
}
