using System.Text;
using BackupCopy.Reporting;

namespace BackupCopy.PowerShell;

/// <summary>
/// Forecasts as files: a picture (.svg, one a machine), a page (.html) or a text (.txt) with all of them.
/// </summary>
internal sealed class ForecastFile
{
    private readonly string _path;

    private ForecastFile(string path) => _path = path;

    /// <param name="path">Absolute; its ending says which kind.</param>
    public static ForecastFile At(string path) => Kind(path) is ".svg" or ".html" or ".htm" or ".txt"
        ? new ForecastFile(path)
        : throw new BackupCopyException(
            ErrorCode.InvalidArgument, $"A forecast cannot be written as {Path.GetFileName(path)}.",
            "Give OutFile a name that ends in .svg, .html or .txt.");

    public static BackupCopyException Exists(string path) => new(
        ErrorCode.DestinationExists, $"The file {path} exists.", "Choose another name, or say -Force.");

    /// <summary>The content by path.</summary>
    public IReadOnlyDictionary<string, string> Texts(IReadOnlyList<RetentionForecastInfo> forecasts) =>
        Kind(_path) switch
        {
            ".svg" when forecasts.Count == 1 => One(Svg(forecasts[0])),
            ".svg" => Many(forecasts),
            ".txt" => One(string.Join('\n', forecasts.Select(Text))),
            _ => One(RetentionCalendar.ToHtml([.. forecasts.Select(Section)])),
        };

    /// <summary>Never writes over a file unless told to, also one that has just appeared.</summary>
    public static void Write(string path, string text, bool replace)
    {
        try
        {
            using var file = new FileStream(path, replace ? FileMode.Create : FileMode.CreateNew);
            file.Write(Encoding.UTF8.GetBytes(text));
        }
        catch (IOException) when (!replace && File.Exists(path))
        {
            throw Exists(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BackupCopyException(
                ErrorCode.StorageError, $"{path} could not be written: {error.Message}",
                "Give a path in an existing folder that you may write to.", error);
        }
    }

    private Dictionary<string, string> One(string text) => new() { [_path] = text };

    // Two jobs may copy machines of one name: the second gets a number.
    private Dictionary<string, string> Many(IReadOnlyList<RetentionForecastInfo> forecasts)
    {
        var texts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var forecast in forecasts)
        {
            var path = Named(forecast, 1);
            for (var number = 2; texts.ContainsKey(path); number++)
            {
                path = Named(forecast, number);
            }

            texts.Add(path, Svg(forecast));
        }

        return texts;
    }

    private string Named(RetentionForecastInfo forecast, int number)
    {
        var name = forecast.Machine.Length > 0 ? forecast.Machine : forecast.Job;
        var safe = string.Concat(name.Select(c => Path.GetInvalidFileNameChars().Contains(c) ? '_' : c));
        var suffix = number == 1 ? safe : $"{safe}-{number}";
        return Path.Combine(
            Path.GetDirectoryName(_path)!,
            $"{Path.GetFileNameWithoutExtension(_path)}-{suffix}{Path.GetExtension(_path)}");
    }

    private static string Text(RetentionForecastInfo forecast)
    {
        var text = $"{forecast.Title}\n{Display.Span(forecast)}, then:\n{forecast.Calendar}";
        var fates = string.Concat(forecast.Existing.Select(p => $"{p.Fate}\n"));
        return fates.Length == 0 ? text : $"{text}\nThe points that exist:\n{fates}";
    }

    private static CalendarSection Section(RetentionForecastInfo forecast) =>
        new(forecast.Title, forecast.LastDay)
        {
            Summary = $"{Display.Span(forecast)}; the calendar shows the last day.",
            Existing = forecast.Existing,
        };

    private static string Svg(RetentionForecastInfo forecast) =>
        RetentionCalendar.ToSvg(forecast.LastDay, forecast.Title);

    private static string Kind(string path) => Path.GetExtension(path).ToLowerInvariant();
}
