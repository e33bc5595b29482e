using BackupCopy.Copying;

namespace BackupCopy.Running;

/// <summary>How far one machine is, for progress bars.</summary>
/// <param name="Machine">The machine.</param>
/// <param name="Activity">What is done with it: "Copying", "Waiting for …".</param>
/// <param name="DoneBytes">Plain bytes looked at, of <paramref name="TotalBytes"/>.</param>
/// <param name="TotalBytes">0 while it is not known.</param>
/// <param name="StoredBytes">Bytes written to the target.</param>
/// <param name="Elapsed">Since the machine's task began.</param>
public sealed record MachineProgress(
    string Machine, string Activity, long DoneBytes, long TotalBytes, long StoredBytes, TimeSpan Elapsed);

/// <summary>Reports progress four times a second while something runs, and once more at its end.</summary>
internal sealed class ProgressPump : IAsyncDisposable
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly IProgress<IReadOnlyList<MachineProgress>>? _progress;
    private readonly Func<IReadOnlyList<MachineProgress>> _now;
    private readonly ITimer? _timer;

    public ProgressPump(
        IProgress<IReadOnlyList<MachineProgress>>? progress, Func<IReadOnlyList<MachineProgress>> now,
        TimeProvider time)
    {
        _progress = progress;
        _now = now;
        _timer = progress is null ? null : time.CreateTimer(_ => Report(), null, s_period, s_period);
    }

    /// <summary>The progress of a single machine.</summary>
    public static ProgressPump Of(
        IProgress<IReadOnlyList<MachineProgress>>? progress, string machine, string activity,
        CopyProgress copy, TimeProvider time)
    {
        var start = time.GetTimestamp();
        return new ProgressPump(
            progress,
            () => [new MachineProgress(
                machine, activity, copy.DoneBytes, copy.TotalBytes, copy.StoredBytes,
                time.GetElapsedTime(start))],
            time);
    }

    /// <summary>Reports at once, so that what is over within a period is seen as well.</summary>
    public void Report()
    {
        lock (_gate)
        {
            _progress?.Report(_now());
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_timer is not null)
        {
            await _timer.DisposeAsync();
            Report();
        }
    }
}
