using BackupCopy.Format;

namespace BackupCopy.Chains;

/// <summary>
/// The folder of one job in a repository. Whose it is, is read from the points in it: the folder's name is
/// for people and holds only a part of the job's id.
/// </summary>
internal sealed class BackupFolder(RepositoryFolder repository, string path)
{
    public RepositoryFolder Repository { get; } = repository;

    public string Path { get; } = path;

    public string FolderName => System.IO.Path.GetFileName(Path);

    public IReadOnlyList<Chain> Chains() =>
        [.. Repository.Storage.List(Path)
            .Where(e => e.IsDirectory && RepositoryFolder.HasIdSuffix(e.Name))
            .OrderBy(e => e.Name, StringComparer.Ordinal)
            .Select(e => new Chain(Repository, System.IO.Path.Combine(Path, e.Name)))];

    /// <summary>The chain of a machine; its folder appears with its first point.</summary>
    public Chain ChainFor(string machineName, Guid machineId)
    {
        var suffix = "." + machineId.ToString("N")[..8];
        var candidates = Chains().Where(c => c.Path.EndsWith(suffix, StringComparison.Ordinal)).ToList();
        foreach (var chain in candidates)
        {
            if (AnyFile(chain) is not { } file || file.MachineId == machineId)
            {
                return chain;
            }
        }

        // Another machine has the same first 8 digits: the next 8 tell the two apart.
        var name = candidates.Count == 0
            ? Names.Folder(machineName, machineId)
            : Names.Folder(
                machineName, new Guid(machineId.ToString("N")[8..] + machineId.ToString("N")[..8]));
        return new Chain(Repository, System.IO.Path.Combine(Path, name));
    }

    /// <summary>
    /// Whether the points in it were made by this job; an empty folder is judged by its name.
    /// </summary>
    public bool IsOf(Guid jobId) => Owner() is { } owner
        ? owner.JobId == jobId
        : FolderName.EndsWith("." + jobId.ToString("N")[..8], StringComparison.Ordinal);

    /// <summary>
    /// The point written last in any chain: its job owns the folder, also after a job took it over. Null in a
    /// folder without a readable point.
    /// </summary>
    public PointFile? Owner() => Chains().Select(AnyFile).OfType<PointFile>().MaxBy(f => f.WrittenUtc);

    private static PointFile? AnyFile(Chain chain)
    {
        try
        {
            return chain.Newest()?.File ?? chain.Unfinished()?.File;
        }
        catch (BackupCopyException)
        {
            // A chain that cannot be read has an error of its own; it says nothing of the backup's owner.
            return null;
        }
    }
}
