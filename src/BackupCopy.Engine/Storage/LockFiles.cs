using BackupCopy.Format;

namespace BackupCopy.Storage;

/// <summary>The files of one lock.</summary>
internal sealed record LockFiles(string Folder, string Name)
{
    private const string LeaseEnding = ".lease";
    private const int TokenDigits = 8;

    /// <summary>What the system's lock is on; empty.</summary>
    public string Lock => Path.Combine(Folder, Name + ".lock");

    /// <summary>Who has it alone; on a share with a counter.</summary>
    public string Holder => Path.Combine(Folder, Name + ".holder");

    /// <summary>Which reader came last, where the system's lock reaches everybody.</summary>
    public string Reader => Path.Combine(Folder, Name + ".reader");

    /// <summary>A reader on a share; each has its own.</summary>
    public string Lease(Guid token) =>
        Path.Combine(Folder, $"{Name}.{token.ToString("N")[..TokenDigits]}{LeaseEnding}");

    public IReadOnlyList<string> Leases(IReadOnlyList<StorageEntry> entries) =>
        [.. entries.Where(e => IsLease(e.Name)).Select(e => Path.Combine(Folder, e.Name))];

    /// <summary>Whether a file of the folder "locks" is one that locks make.</summary>
    public static bool IsLockFile(string name) =>
        Path.GetExtension(name) is ".lock" or ".holder" or ".reader" or LeaseEnding or Names.Temporary;

    // The names of other locks may begin with this one's.
    private bool IsLease(string file) =>
        file.Length == Name.Length + 1 + TokenDigits + LeaseEnding.Length && file[Name.Length] == '.'
        && file.StartsWith(Name, StringComparison.Ordinal)
        && file.EndsWith(LeaseEnding, StringComparison.Ordinal);
}
