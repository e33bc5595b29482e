using System.Globalization;

namespace BackupCopy.Images.Vmdk;

/// <summary>One line of a descriptor: access, sectors, type, file, and where in the file it begins.</summary>
internal sealed record VmdkExtentLine(
    string Access, long SizeBytes, string Type, string FileName, long FileOffsetBytes, long LineOffset)
{
    private const int SectorBytes = 512;
    private const long MostSectors = long.MaxValue / SectorBytes;

    private static readonly string[] s_accesses = ["RW", "RDONLY", "NOACCESS"];

    /// <summary>Null when it is another line.</summary>
    public static VmdkExtentLine? TryParse(ImageFile file, string line, long lineOffset)
    {
        var words = line.Split((char[])[' ', '\t'], 4, StringSplitOptions.RemoveEmptyEntries);
        if (!s_accesses.Contains(words[0], StringComparer.Ordinal)
            || (words.Length > 1 && words[1].StartsWith('=')))
        {
            return null;
        }

        if (words.Length < 3 || !TryNumber(words[1], out var sectors) || sectors == 0)
        {
            throw ImageError.Damaged(file.Path, lineOffset, $"the extent is not understood: {line}");
        }

        var (name, rest) = words.Length > 3 ? SplitName(words[3]) : ("", "");
        var first = rest.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        long offset = 0;
        if (name is null || (first is not null && !TryNumber(first, out offset)))
        {
            throw ImageError.Damaged(file.Path, lineOffset, $"the extent is not understood: {line}");
        }

        return new VmdkExtentLine(
            words[0], sectors * SectorBytes, words[2].ToUpperInvariant(), name, offset * SectorBytes,
            lineOffset);
    }

    private static (string? Name, string Behind) SplitName(string text)
    {
        var end = text[0] == '"' ? text.IndexOf('"', 1) : -1;
        return end > 1 ? (text[1..end], text[(end + 1)..]) : (null, "");
    }

    private static bool TryNumber(string text, out long sectors) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out sectors)
        && sectors <= MostSectors;
}
