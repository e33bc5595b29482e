using System.Globalization;
using BackupCopy.Storage;

namespace BackupCopy.Running.Logging;

/// <summary>
/// The log files beside a catalog: one for each local day, a further one when it is full, the newest ones
/// kept. Nothing is made before the first line, nothing stays open between two, and a line that cannot be
/// written is lost: no work fails for its log.
/// </summary>
internal sealed class RollingLog
{
    /// <summary>The folder beside the catalog.</summary>
    public const string FolderName = "logs";

    public const int FilesKept = 31;
    public const long FileBytes = 10 << 20;

    private const string Prefix = "backupcopy-";
    private const string Suffix = ".jsonl";

    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private string? _current;
    private int _number;

    /// <param name="catalog">The catalog file.</param>
    /// <param name="time">Whose local day names the files.</param>
    public RollingLog(string catalog, TimeProvider time)
    {
        _folder = Path.Combine(Path.GetDirectoryName(catalog)!, FolderName);
        _time = time;
    }

    /// <param name="line">With its end.</param>
    public void Add(ReadOnlySpan<byte> line)
    {
        lock (_gate)
        {
            try
            {
                Append(line);
            }
            catch (BackupCopyException)
            {
                // A folder that is read-only, full or gone; the next line tries again.
            }
        }
    }

    private void Append(ReadOnlySpan<byte> line)
    {
        var day = Prefix + _time.GetLocalNow().ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        var isOther = _current != day;
        if (isOther)
        {
            _number = Numbers(day).DefaultIfEmpty().Max();
            _current = day;
        }

        while (!LineFile.TryAppend(PathOf(day, _number), line, FileBytes))
        {
            _number++;
            isOther = true;
        }

        if (isOther)
        {
            RemoveOld();
        }
    }

    private string PathOf(string day, int number) =>
        Path.Combine(_folder, number == 0 ? $"{day}{Suffix}" : $"{day}_{number:000}{Suffix}");

    private IEnumerable<int> Numbers(string day) => Files()
        .Where(name => name.StartsWith(day, StringComparison.Ordinal))
        .Select(name => int.TryParse(
            name[day.Length..^Suffix.Length].TrimStart('_'), CultureInfo.InvariantCulture, out var number)
            ? number : 0);

    // Names order as time does: "." comes before "_".
    private List<string> Files() =>
    [
        .. LocalStorage.Instance.List(_folder)
            .Where(e => !e.IsDirectory && e.Name.StartsWith(Prefix, StringComparison.Ordinal)
                && e.Name.EndsWith(Suffix, StringComparison.Ordinal))
            .Select(e => e.Name).Order(StringComparer.Ordinal),
    ];

    private void RemoveOld()
    {
        foreach (var name in Files().SkipLast(FilesKept))
        {
            LocalStorage.Instance.Delete(Path.Combine(_folder, name));
        }
    }
}
