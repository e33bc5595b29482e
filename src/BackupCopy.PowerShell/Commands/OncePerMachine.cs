namespace BackupCopy.PowerShell.Commands;

/// <summary>
/// For work on whole chains of which several points come down the pipeline: the first one brings it.
/// </summary>
internal sealed class OncePerMachine
{
    private readonly HashSet<(string Repository, string Backup, string Machine)> _done = [];

    /// <summary>The machines that did not come before; null when all of them did.</summary>
    public string[]? Of(string repository, string backup, string[] machines)
    {
        var (inRepository, inBackup) = (repository.ToUpperInvariant(), backup.ToUpperInvariant());
        var left = machines
            .Where(machine => _done.Add((inRepository, inBackup, machine.ToUpperInvariant()))).ToArray();
        return left.Length == 0 && machines.Length > 0 ? null : left;
    }
}
