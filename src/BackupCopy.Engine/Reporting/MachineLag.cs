using System.Globalization;

namespace BackupCopy.Reporting;

/// <summary>How far a machine's copy is behind its source.</summary>
/// <param name="Points">Complete restore points in the sources that are newer than the copy.</param>
/// <param name="Behind">
/// From the copied state to the newest one; for a machine never copied how old its newest point is.
/// </param>
public sealed record MachineLag(string Machine, int Points, TimeSpan Behind)
{
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Machine}: {Points} points, {Behind:d\\.hh\\:mm}");
}
