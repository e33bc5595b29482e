namespace BackupCopy.Sources.Patterns;

/// <summary>
/// Names of files that their writers rename when they are done: web.qcow2.part, .web.qcow2.Ab12Cd of rsync,
/// and the .dat of vzdump, which stands in place of the last ending.
/// </summary>
internal static class UnfinishedName
{
    private const int RsyncSigns = 6;

    /// <summary>Names that the file may have when it is done; none for an ordinary one.</summary>
    public static IReadOnlyList<string> Finished(string name)
    {
        var dot = name.LastIndexOf('.');
        if (dot <= 0)
        {
            return [];
        }

        var rest = name[..dot];
        var ending = name.AsSpan(dot + 1);
        if (name[0] == '.')
        {
            return rest.Length > 1 && IsRandom(ending) ? [rest[1..]] : [];
        }

        return ImageEndings.IsUnfinished(ending) ? [rest]
            : !ending.Equals("dat", StringComparison.OrdinalIgnoreCase) ? []
            : rest.StartsWith("vzdump-", StringComparison.OrdinalIgnoreCase) ? [rest, rest + ".vma"] : [rest];
    }

    /// <summary>Whether no finished file is called so, whatever the rest of the name is.</summary>
    public static bool IsSurely(string name) =>
        ImageEndings.IsUnfinished(Path.GetExtension(name).TrimStart('.'));

    private static bool IsRandom(ReadOnlySpan<char> text)
    {
        foreach (var sign in text)
        {
            if (!char.IsAsciiLetterOrDigit(sign))
            {
                return false;
            }
        }

        return text.Length == RsyncSigns;
    }
}
