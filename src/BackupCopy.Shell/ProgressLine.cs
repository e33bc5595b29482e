using System.Diagnostics;
using System.Management.Automation;

namespace BackupCopy.Shell;

/// <summary>
/// All running activities in one line at the foot of the terminal, redrawn at most five times a second, and
/// nothing at all when the output is redirected.
/// </summary>
internal sealed class ProgressLine
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(200);

    private readonly bool _quiet = Console.IsOutputRedirected;
    private readonly SortedDictionary<(int Parent, int Id), ProgressRecord> _activities = [];
    private long _drawnAt;
    private bool _drawn;

    public void Show(ProgressRecord record)
    {
        if (_quiet)
        {
            return;
        }

        var key = (record.ParentActivityId, record.ActivityId);
        if (record.RecordType == ProgressRecordType.Completed)
        {
            _activities.Remove(key);
        }
        else
        {
            _activities[key] = record;
        }

        if (_activities.Count == 0)
        {
            Hide();
        }
        else if (Stopwatch.GetElapsedTime(_drawnAt) >= s_interval)
        {
            Draw();
        }
    }

    /// <summary>Clears the line for other output; the next change draws it again.</summary>
    public void Hide()
    {
        if (_drawn)
        {
            Console.Out.Write("\r" + new string(' ', Terminal.Width - 1) + "\r");
            _drawn = false;
        }
    }

    public void End()
    {
        _activities.Clear();
        Hide();
    }

    private void Draw()
    {
        var room = Terminal.Width - 1;
        var text = string.Join(" | ", _activities.Values.Select(Describe)).ReplaceLineEndings(" ");
        Console.Out.Write("\r" + (text.Length > room ? text[..room] : text.PadRight(room)));
        _drawnAt = Stopwatch.GetTimestamp();
        _drawn = true;
    }

    private static string Describe(ProgressRecord record)
    {
        var percent = record.PercentComplete >= 0 ? $" {record.PercentComplete}%" : "";
        var left = record.SecondsRemaining > 0
            ? $", {TimeSpan.FromSeconds(record.SecondsRemaining)} left"
            : "";
        return $"{record.Activity}: {record.StatusDescription}{percent}{left}";
    }
}
