using System.Globalization;
using System.Text;

namespace BackupCopy.Format;

/// <summary>
/// Names of files and folders. A folder is the sanitised name plus 8 hex digits of its owner's id, so that
/// reserved, over-long and case-twin names never meet; the full name and id are in the point files.
/// </summary>
internal static class Names
{
    public const string RepositoryFile = "repository.json";
    public const string RepositoryFileCopy = "repository.json.copy";
    public const string BackupFile = "backup.json";
    public const string Point = ".bcpoint";
    public const string Unfinished = ".bcunfinished";
    public const string Mark = ".bcmark";
    public const string Blocks = ".bcblocks";
    public const string Index = ".bcindex";
    public const string Removed = ".removed";
    public const string HighWater = ".bchigh";

    /// <summary>Behind the name of a point file or a mark: the second copy of its bytes.</summary>
    public const string Copy = ".copy";

    /// <summary>Behind a number: that block file may hold bytes whose records moved elsewhere.</summary>
    public const string OldBytes = ".bcold";

    /// <summary>What health checks remember of a chain, in its folder.</summary>
    public const string HealthFile = "health.json";
    public const string Temporary = ".tmp";
    public const string LockFolder = "locks";

    private const int LongestFolderPart = 80;
    private const string TimeForm = "yyyyMMdd'T'HHmmss'Z'";

    private static readonly HashSet<string> s_reserved = new(
        ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$",
         .. "0123456789¹²³".SelectMany(n => new[] { $"COM{n}", $"LPT{n}" })],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// The folder of a backup or machine: at most 80 bytes of its name, a dot, 8 hex digits of its id.
    /// </summary>
    public static string Folder(string name, Guid id) => $"{Sanitise(name)}.{id.ToString("N")[..8]}";

    /// <summary>
    /// Whether a name may be given to a job, a machine, a backup or a repository; the reason if not.
    /// </summary>
    public static bool IsAcceptable(string name, out string reason)
    {
        reason = string.IsNullOrWhiteSpace(name) ? "it is empty"
            : name.AsSpan().IndexOfAnyInRange('\0', '\u001f') >= 0 ? "it holds a control character"
            : Encoding.UTF8.GetByteCount(name) > FormatLimits.NameBytes
                ? $"it is longer than {FormatLimits.NameBytes} bytes"
            : name.AsSpan().IndexOfAny("*?[]") >= 0 ? "* ? [ ] are wildcards"
            : s_reserved.Contains(BeforeDot(name)) ? "Windows reserves it for a device"
            : "";
        return reason.Length == 0;
    }

    /// <summary>A name made safe as a file or folder name on every system, at most 80 bytes long.</summary>
    public static string FilePart(string name) => Sanitise(name);

    public static string PointStem(long sequence, DateTime timeUtc) =>
        $"{sequence:D8}_{timeUtc.ToString(TimeForm, CultureInfo.InvariantCulture)}";

    public static string PointFile(long sequence, DateTime timeUtc) => PointStem(sequence, timeUtc) + Point;

    public static string UnfinishedFile(long sequence, DateTime timeUtc, Guid writer) =>
        $"{PointStem(sequence, timeUtc)}.{writer:N}{Unfinished}";

    public static string BlockFile(uint number) => $"{number:D8}{Blocks}";

    public static string IndexFile(uint number) => $"{number:D8}{Index}";

    public static string OldBytesFile(uint number) => $"{number:D8}{OldBytes}";

    /// <summary>The empty file whose name says which sequence and number are given out already.</summary>
    public static string HighWaterFile(long sequence, uint number) =>
        $"{sequence:D8}_{number:D8}{HighWater}";

    public static bool TryHighWater(string fileName, out long sequence, out uint number)
    {
        sequence = 0;
        number = 0;
        var stem = System.IO.Path.GetFileNameWithoutExtension(fileName);
        var underscore = stem.IndexOf('_', StringComparison.Ordinal);
        return fileName.EndsWith(HighWater, StringComparison.Ordinal) && underscore > 0
            && long.TryParse(
                stem.AsSpan(0, underscore), NumberStyles.None, CultureInfo.InvariantCulture, out sequence)
            && uint.TryParse(
                stem.AsSpan(underscore + 1), NumberStyles.None, CultureInfo.InvariantCulture, out number)
            && fileName == HighWaterFile(sequence, number);
    }

    /// <summary>Reads the sequence at the front of a point's file name of the given ending.</summary>
    public static bool TryPoint(string fileName, string ending, out long sequence)
    {
        sequence = 0;
        var underscore = fileName.IndexOf('_', StringComparison.Ordinal);
        return fileName.EndsWith(ending, StringComparison.Ordinal) && underscore >= 8
            && long.TryParse(
                fileName.AsSpan(0, underscore), NumberStyles.None, CultureInfo.InvariantCulture, out sequence)
            && sequence > 0 && fileName.StartsWith($"{sequence:D8}_", StringComparison.Ordinal);
    }

    /// <summary>
    /// The time in a point's file name, for points that do not verify; the start of time if there is none.
    /// </summary>
    public static DateTime TimeOf(string fileName)
    {
        var at = fileName.IndexOf('_', StringComparison.Ordinal) + 1;
        var text = fileName.AsSpan(
            at,
            Math.Min(TimeForm.Replace("'", "", StringComparison.Ordinal).Length, fileName.Length - at));
        return DateTime.TryParseExact(
            text, TimeForm, CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : default;
    }

    /// <summary>Reads the number of a block or index file.</summary>
    public static bool TryNumber(string fileName, string ending, out uint number)
    {
        number = 0;
        return fileName.EndsWith(ending, StringComparison.Ordinal)
            && uint.TryParse(
                fileName.AsSpan(0, fileName.Length - ending.Length), NumberStyles.None,
                CultureInfo.InvariantCulture, out number)
            && fileName.Length == $"{number:D8}".Length + ending.Length;
    }

    private static string Sanitise(string name)
    {
        var text = new StringBuilder(name.Length);
        var bytes = 0;
        foreach (var rune in name.EnumerateRunes())
        {
            var safe = rune.Value < 0x20 || rune.Value == 0x7f
                || (rune.IsAscii && "<>:\"/\\|?*".Contains((char)rune.Value, StringComparison.Ordinal))
                ? new Rune('_')
                : rune;
            bytes += safe.Utf8SequenceLength;
            if (bytes > LongestFolderPart)
            {
                break;
            }

            text.Append(safe.ToString());
        }

        var cut = text.ToString().TrimEnd('.', ' ').TrimStart(' ');
        return cut.Length == 0 || s_reserved.Contains(BeforeDot(cut)) ? "_" + cut : cut;
    }

    private static string BeforeDot(string name) => name.Split('.', 2)[0].TrimEnd();
}
