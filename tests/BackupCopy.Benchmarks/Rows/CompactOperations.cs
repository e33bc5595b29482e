using BackupCopy.Chains.Compacting;

namespace BackupCopy.Benchmarks.Rows;

/// <summary>What the rows of compacting run, and the bare files that stand beside them.</summary>
internal static class CompactOperations
{
    /// <summary>Compacts the machine's chain as far as it is worth it; gives the bytes written.</summary>
    public static async Task<long> CompactAsync(string repository)
    {
        var outcome = await ChainCompact.RunAsync(
            EngineOperations.OpenChain(repository), new CompactRequest(), default);
        return outcome is { Notes.Count: 0 }
            ? outcome.MovedBytes
            : throw new IOException($"Not all was compacted: {string.Join(' ', outcome?.Notes ?? [])}");
    }

    /// <summary>The block files of a repository.</summary>
    public static IReadOnlyList<string> BlockFiles(string repository) =>
        [.. Directory.EnumerateFiles(repository, "*.bcblocks", SearchOption.AllDirectories)];
}
