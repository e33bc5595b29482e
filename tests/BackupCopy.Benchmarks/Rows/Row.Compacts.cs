namespace BackupCopy.Benchmarks.Rows;

/// <content>Compacting a chain of seven days, and what restoring gains by it.</content>
internal sealed partial record Row
{
    public const string Compact = "compact";
    public const string ExportAfter = "export-after";

    /// <summary>
    /// Beside `cp` + `sync` of the bytes that compacting writes, and beside the export of a full of the same
    /// state: no slower but for what measuring is off.
    /// </summary>
    public static IReadOnlyList<Row> Compacts =>
    [
        new(Compact, "compact a chain of 7 points") { Most = new() { TimesBeside = 1.5 } },
        new(ExportAfter, "export the newest of 7 points, compacted") { Most = new() { TimesBeside = 1.05 } },
    ];
}
