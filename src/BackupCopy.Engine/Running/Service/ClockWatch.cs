namespace BackupCopy.Running.Service;

/// <summary>Notices that the clock on the wall was set, by comparing it with the time that passed.</summary>
internal sealed class ClockWatch(TimeProvider time)
{
    private static readonly TimeSpan s_worthALine = TimeSpan.FromHours(1);

    private DateTimeOffset _wall = time.GetUtcNow();
    private long _passed = time.GetTimestamp();

    /// <summary>
    /// How far it went ahead, or back where negative, since the last call; null for less than an hour.
    /// </summary>
    public TimeSpan? Jumped()
    {
        var (wall, passed) = (time.GetUtcNow(), time.GetTimestamp());
        var by = wall - _wall - time.GetElapsedTime(_passed, passed);
        (_wall, _passed) = (wall, passed);
        return by.Duration() > s_worthALine ? by : null;
    }
}
