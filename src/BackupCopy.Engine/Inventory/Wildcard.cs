using System.Text.RegularExpressions;

namespace BackupCopy.Inventory;

/// <summary>Names with *, ? and [a-c], compared without regard to case.</summary>
internal static partial class Wildcard
{
    // Without backtracking, so that no pattern takes longer than its name is long.
    private const RegexOptions Options = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant
        | RegexOptions.Singleline | RegexOptions.NonBacktracking;

    public static bool Matches(string pattern, string name) =>
        string.Equals(pattern, name, StringComparison.OrdinalIgnoreCase)
        || (pattern.AsSpan().IndexOfAny("*?[") >= 0 && MatchesExpression(pattern, name));

    /// <summary>Whether any pattern fits; no patterns fit everything.</summary>
    public static bool MatchesAny(IReadOnlyList<string> patterns, string name) =>
        patterns.Count == 0 || patterns.Any(p => Matches(p, name));

    private static bool MatchesExpression(string pattern, string name)
    {
        try
        {
            return Regex.IsMatch(name, Expression(pattern), Options);
        }
        catch (RegexParseException error)
        {
            throw new BackupCopyException(
                ErrorCode.InvalidArgument, $"{pattern} is no pattern: a range in it runs backwards.",
                "Write a range from its first to its last character, such as [a-c].", error);
        }
    }

    private static string Expression(string pattern) =>
        @"\A" + Part().Replace(pattern, part => part.Value switch
        {
            "*" => ".*",
            "?" => ".",
            ['[', .. var set, ']'] => $"[{SetSign().Replace(set, @"\$0")}]",
            var literal => Regex.Escape(literal),
        }) + @"\z";

    [GeneratedRegex(@"\*|\?|\[[^\[\]]+\]|[^*?\[]+|\[")]
    private static partial Regex Part();

    [GeneratedRegex(@"[\\^]")]
    private static partial Regex SetSign();
}
