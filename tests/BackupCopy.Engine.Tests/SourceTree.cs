using System.Runtime.CompilerServices;

namespace BackupCopy.Tests;

/// <summary>
/// Finds files of the repository that the tests run from: golden bytes, documents, samples.
/// </summary>
internal static class SourceTree
{
    public static string Root { get; } = Find(AppContext.BaseDirectory) ?? Find(HereFile())
        ?? throw new DirectoryNotFoundException("The tests do not run inside the repository's folder.");

    public static string At(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string? Find(string start)
    {
        var folder = start;
        while ((folder = Path.GetDirectoryName(folder)) is not null)
        {
            if (File.Exists(Path.Combine(folder, "BackupCopy.sln")))
            {
                return folder;
            }
        }

        return null;
    }

    private static string HereFile([CallerFilePath] string path = "") => path;
}
