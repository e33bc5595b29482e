using System.Management.Automation;

namespace BackupCopy.PowerShell.ProgressBars;

/// <summary>How fast something goes, averaged so that the last seconds count most.</summary>
internal sealed class Rate
{
    private const double MemorySeconds = 3;

    private long _bytes;
    private TimeSpan _at;

    public double BytesPerSecond { get; private set; }

    public void Update(long bytes, TimeSpan elapsed)
    {
        var seconds = (elapsed - _at).TotalSeconds;
        if (seconds <= 0)
        {
            return;
        }

        var weight = _at == default ? 1 : 1 - Math.Exp(-seconds / MemorySeconds);
        BytesPerSecond += weight * ((bytes - _bytes) / seconds - BytesPerSecond);
        (_bytes, _at) = (bytes, elapsed);
    }

    public static string Describe(long done, long total, double bytesPerSecond)
    {
        var bytes = total > 0 ? $"{Display.Size(done)} of {Display.Size(total)}" : Display.Size(done);
        return bytesPerSecond >= 1 ? $"{bytes}, {Display.Size((long)bytesPerSecond)}/s" : bytes;
    }

    /// <summary>Adds the share that is done and the time that the rest will take.</summary>
    public static ProgressRecord Fill(ProgressRecord record, long done, long total, double bytesPerSecond)
    {
        record.PercentComplete = total > 0 ? (int)Math.Clamp(done * 100.0 / total, 0, 100) : -1;
        record.SecondsRemaining = total > 0 && bytesPerSecond >= 1
            ? (int)Math.Min(Math.Max(0, total - done) / bytesPerSecond, int.MaxValue)
            : -1;
        return record;
    }
}
