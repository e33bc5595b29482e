namespace BackupCopy.Images.Vma;

/// <summary>
/// Makes names that an archive gives plain names of files, each once: they come from somebody else, and files
/// may be written by them.
/// </summary>
internal sealed class PlainNames
{
    private const int LongestName = 100;

    private readonly HashSet<string> _taken = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="fallback">Where nothing is left of the name.</param>
    public string Take(string name, string fallback)
    {
        var last = name[(name.LastIndexOfAny(['/', '\\']) + 1)..];
        var letters = last.Take(LongestName)
            .Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_');
        var plain = string.Concat(letters).Trim('.');
        plain = plain.Length == 0 ? fallback : plain;
        var free = plain;
        for (var number = 2; !_taken.Add(free); number++)
        {
            free = $"{plain}-{number}";
        }

        return free;
    }
}
