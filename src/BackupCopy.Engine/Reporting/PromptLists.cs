namespace BackupCopy.Reporting;

/// <summary>Lists of the objects that the prompt shows.</summary>
internal static class PromptLists
{
    /// <summary>
    /// An array: PowerShell finds no indexer on the types that a collection expression makes, and takes [0]
    /// of them for the whole list.
    /// </summary>
    public static IReadOnlyList<T> ForPrompt<T>(this IReadOnlyList<T> list) => list as T[] ?? list.ToArray();
}
