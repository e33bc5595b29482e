namespace BackupCopy.Benchmarks.Rows;

/// <content>Health checks of a chain of seven days, everything in the page cache.</content>
internal sealed partial record Row
{
    public const string CheckQuick = "check-quick";
    public const string CheckFull = "check-full";

    /// <summary>
    /// All blocks of all points; beside reading the block files with the same sums and nothing else.
    /// </summary>
    public static IReadOnlyList<Row> Checks =>
    [
        new(CheckQuick, "stored checksums of 7 points") { Most = new() { TimesBeside = 1.3 } },
        new(CheckFull, "expanded and digested, 7 points") { Most = new() { TimesBeside = 1.3 } },
    ];

    /// <summary>How many times as fast as restic's check of all data a check has to be.</summary>
    public static double LeastTimesRestic(string check) => check == CheckQuick ? 6 : 2.5;
}
