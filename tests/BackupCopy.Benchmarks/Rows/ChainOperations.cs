using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Health;
using BackupCopy.Storage;

namespace BackupCopy.Benchmarks.Rows;

/// <summary>
/// What the rows of chains run in a process of their own, in the folder of the run: a repository, or a pair
/// of them.
/// </summary>
internal static class ChainOperations
{
    /// <summary>Ends the name of the yardstick of a removal row.</summary>
    public const string Bare = ".bare";

    /// <summary>In the folder of a pair: where a copy reads, and where it goes.</summary>
    public static string SourceIn(string folder) => Path.Combine(folder, "source");

    public static string TargetIn(string folder) => Path.Combine(folder, "target");

    /// <summary>The operation of a row; what is called here is not timed, what is returned is.</summary>
    public static Func<Task> Prepare(string name, string folder)
    {
        if (name is Row.CheckQuick + Bare or Row.CheckFull + Bare)
        {
            var check = BareCheck.Of(folder, isFull: name == Row.CheckFull + Bare);
            return () => Done(check.Run);
        }

        if (name.EndsWith(Bare, StringComparison.Ordinal))
        {
            var release = BareRelease.Of(folder, PointsKeptBy(name[..^Bare.Length]));
            return () => Done(release.Run);
        }

        if (Row.ThrottledCopies(name) is > 0 and var copies)
        {
            return () => ThrottledCopies.RunAsync(copies);
        }

        return name switch
        {
            Row.DropOldest or Row.KeepNewest =>
                () => Done(() => EngineOperations.KeepNewest(folder, PointsKeptBy(name))),
            Row.Compact => () => CompactOperations.CompactAsync(folder),
            Row.ExportAfter =>
                () => EngineOperations.ExportNewestAsync(SourceIn(folder), TargetIn(folder)),
            Row.CheckQuick => () => EngineOperations.CheckAsync(folder, CheckDepth.Quick),
            Row.CheckFull => () => EngineOperations.CheckAsync(folder, CheckDepth.Full),
            Row.PlanOldest => () => Done(() => EngineOperations.PlanToKeep(folder, PlanChain.Points - 1)),
            Row.PlanAllButOne => () => Done(() => EngineOperations.PlanToKeep(folder, 1)),
            Row.CloneFull or Row.CloneDay1 =>
                () => EngineOperations.CopyNewestAsync(SourceIn(folder), TargetIn(folder)),
            _ => async () =>
            {
                await EngineOperations.CopyNewestAsync(SourceIn(folder), TargetIn(folder));
                EngineOperations.KeepNewest(TargetIn(folder), 1);
            },
        };
    }

    private static int PointsKeptBy(string row) => row == Row.DropOldest ? Row.PointsOfChain - 1 : 1;

    private static Task Done(Action action)
    {
        action();
        return Task.CompletedTask;
    }
}
