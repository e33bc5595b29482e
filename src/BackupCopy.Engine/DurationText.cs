namespace BackupCopy;

/// <summary>Durations as people write them at the prompt.</summary>
public static class DurationText
{
    /// <summary>Such as 15m, 4h or 1d12h; 0s for none.</summary>
    public static string Of(TimeSpan span)
    {
        var text = string.Concat(
            Part(span.Days, 'd'), Part(span.Hours, 'h'), Part(span.Minutes, 'm'), Part(span.Seconds, 's'));
        return text.Length > 0 ? text : "0s";
    }

    private static string Part(int count, char unit) => count == 0 ? "" : $"{count}{unit}";
}
