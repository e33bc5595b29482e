using BackupCopy.Jobs;

namespace BackupCopy.Running;

// What a session waits for, and what did not come.
internal sealed partial class SessionLog
{
    /// <summary>Shows that the session waits, and for what; shown again it changes nothing.</summary>
    public void Waits(SessionState state, string reason)
    {
        if (Record is var now && (now.State != state || now.WaitsFor != reason))
        {
            Change(r => r with { State = state, WaitsFor = reason });
        }
    }

    public void IntervalChanged(CopyInterval interval) => Change(r => r.With(
        _engine.NowUtc, EventLevel.Info,
        $"The interval was changed: it ends at {interval.EndUtc?.ToLocalText() ?? "no time"} now.") with
    {
        Interval = interval,
    });

    /// <summary>An increment that was not copied within its interval.</summary>
    public void NotInTime(CandidatePoint point, BackupCopyException error) =>
        Put(Ended(point.MachineId, point.Machine) with
        {
            Result = SessionResult.Failed,
            Reason = $"{error.Message} {error.Remedy}",
            Error = error.Code.ToString(),
            PointTimeUtc = point.TimeUtc,
            SourceRepository = point.Repository,
            SourceBackup = point.JobName,
        });
}
