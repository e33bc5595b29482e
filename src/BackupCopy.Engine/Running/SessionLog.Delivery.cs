using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running.Delivery;
using BackupCopy.Running.Logging;

namespace BackupCopy.Running;

internal sealed partial class SessionLog
{
    /// <summary>
    /// Sends the report of the session once it has ended, or queues it; never fails. The job's lock is given
    /// back by then, so that a slow mail server keeps up no other session.
    /// </summary>
    /// <returns>The session with what became of its report.</returns>
    public async Task<SessionInfo> ReportAsync(JobDefinition job, CancellationToken cancellation)
    {
        if (Record.EndUtc is null)
        {
            return SessionInfo.From(Record, _engine.NowUtc);
        }

        var told = await ReportDelivery.AfterSessionAsync(_engine, job, Record, cancellation);
        lock (_gate)
        {
            _engine.Log.LogChange(_record, told);
            _record = told;
        }

        return SessionInfo.From(told, _engine.NowUtc);
    }
}
