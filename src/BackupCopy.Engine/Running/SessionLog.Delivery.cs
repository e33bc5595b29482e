using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running.Delivery;

namespace BackupCopy.Running;

internal sealed partial class SessionLog
{
    /// <summary>Sends the report of the session, which has ended, or queues it; never fails.</summary>
    /// <returns>The session with what became of its report.</returns>
    public async Task<SessionInfo> ReportAsync(JobDefinition job, CancellationToken cancellation)
    {
        var told = await ReportDelivery.AfterSessionAsync(_engine, job, Record, cancellation);
        lock (_gate)
        {
            _record = told;
        }

        return SessionInfo.From(told, _engine.NowUtc);
    }
}
