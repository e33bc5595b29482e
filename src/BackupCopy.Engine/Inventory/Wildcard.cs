using System.IO.Enumeration;

namespace BackupCopy.Inventory;

/// <summary>Names with * and ?, compared without regard to case.</summary>
internal static class Wildcard
{
    public static bool Matches(string pattern, string name) =>
        FileSystemName.MatchesSimpleExpression(pattern.Replace("\\", "\\\\", StringComparison.Ordinal), name);

    /// <summary>Whether any pattern fits; no patterns fit everything.</summary>
    public static bool MatchesAny(IReadOnlyList<string> patterns, string name) =>
        patterns.Count == 0 || patterns.Any(p => Matches(p, name));
}
