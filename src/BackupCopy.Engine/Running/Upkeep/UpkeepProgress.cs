namespace BackupCopy.Running.Upkeep;

/// <summary>How far the machine is that is being worked on; set from any thread.</summary>
internal sealed class UpkeepProgress(string machine, string activity, TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private (long Done, long Total) _bytes;
    private readonly Lock _gate = new();

    public TimeSpan Elapsed => time.GetElapsedTime(_start);

    /// <summary>What was done before, where the same work goes on in several parts.</summary>
    public long Before { get; set; }

    public void Set(long done, long total)
    {
        lock (_gate)
        {
            _bytes = (Before + done, total);
        }
    }

    public IReadOnlyList<MachineProgress> Now()
    {
        lock (_gate)
        {
            return [new MachineProgress(machine, activity, _bytes.Done, _bytes.Total, 0, Elapsed)];
        }
    }
}
