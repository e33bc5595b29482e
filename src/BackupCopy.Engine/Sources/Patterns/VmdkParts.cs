namespace BackupCopy.Sources.Patterns;

/// <summary>
/// Files that hold the content of a VMDK whose descriptor lies beside them, by their names: web-flat.vmdk,
/// web-s001.vmdk and web-000001-delta.vmdk belong to web.vmdk, web.vmdk and web-000001.vmdk.
/// </summary>
internal static class VmdkParts
{
    private const string Ending = ".vmdk";
    private static readonly string[] s_words = ["flat", "delta", "sesparse", "rdm", "rdmp", "ctk"];

    /// <summary>The name of the descriptor that such a file belongs to; null for any other.</summary>
    public static string? DescriptorOf(string name)
    {
        if (!name.EndsWith(Ending, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var stem = name[..^Ending.Length];
        var dash = stem.LastIndexOf('-');
        return dash > 0 && IsPart(stem[(dash + 1)..]) ? stem[..dash] + name[^Ending.Length..] : null;
    }

    private static bool IsPart(string word) =>
        s_words.Contains(word, StringComparer.OrdinalIgnoreCase)
        || (word.Length == 4 && word[0] is 's' or 'S' or 'f' or 'F'
            && !word.AsSpan(1).ContainsAnyExceptInRange('0', '9'));
}
