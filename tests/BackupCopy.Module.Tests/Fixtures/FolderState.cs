using System.Security.Cryptography;

namespace BackupCopy.ModuleTests.Fixtures;

/// <summary>
/// Everything in a folder as comparable lines: each path, and of files the digest. Locks are left out: their
/// files stay where a lock was taken and are no part of what a repository holds.
/// </summary>
internal static class FolderState
{
    public static IReadOnlyList<string> Of(string folder) =>
    [
        .. Directory.GetFileSystemEntries(folder, "*", SearchOption.AllDirectories)
            .Where(entry => !entry.Split(Path.DirectorySeparatorChar).Contains("locks"))
            .Order(StringComparer.Ordinal)
            .Select(entry => File.Exists(entry)
                ? $"{entry} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(entry)))}"
                : entry),
    ];
}
