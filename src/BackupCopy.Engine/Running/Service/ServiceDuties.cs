using BackupCopy.Catalog;
using BackupCopy.Running.Delivery;
using BackupCopy.Running.Monitoring;

namespace BackupCopy.Running.Service;

/// <summary>
/// What a service does beside its jobs: forgets old sessions, sends reports, looks for late copies. While the
/// catalog has not changed and nothing is left to do it is not opened.
/// </summary>
internal sealed class ServiceDuties
{
    private static readonly TimeSpan s_often = TimeSpan.FromMinutes(1);

    private readonly Engine _engine;
    private readonly Dictionary<Guid, RpoMonitor> _monitors = [];
    private readonly CatalogChanges _queued;
    private readonly CatalogChanges _watched;
    private bool _mayHaveReports;
    private bool _mayBeLate;

    private ServiceDuties(Engine engine)
    {
        _engine = engine;
        _queued = new CatalogChanges(engine.Catalog);
        _watched = new CatalogChanges(engine.Catalog);
    }

    public static List<ServiceDuty> Of(Engine engine)
    {
        var duties = new ServiceDuties(engine);
        return
        [
            new("forgetting old sessions", TimeSpan.FromDays(1), (_, cancellation) =>
            {
                SessionHistory.Prune(engine, cancellation);
                return Task.CompletedTask;
            }),
            new("sending reports", s_often, (_, cancellation) => duties.SendReportsAsync(cancellation)),
            new("looking for late copies", s_often, (_, cancellation) =>
            {
                duties.LookForLateCopies(cancellation);
                return Task.CompletedTask;
            }),
        ];
    }

    private async Task SendReportsAsync(CancellationToken cancellation)
    {
        if (!_queued.Any() && !_mayHaveReports)
        {
            return;
        }

        _mayHaveReports = true;
        await ReportDelivery.SendQueuedAsync(_engine, cancellation);
        await ReportDelivery.SendDigestIfDueAsync(_engine, _engine.NowUtc, cancellation);
        _mayHaveReports = _engine.Catalog.Outbox().Count > 0
            || _engine.Catalog.GlobalSettings().Mail.DigestAt is not null;
    }

    private void LookForLateCopies(CancellationToken cancellation)
    {
        if (!_watched.Any() && !_mayBeLate)
        {
            return;
        }

        _mayBeLate = true;
        var jobs = _engine.Catalog.Jobs().Where(j => j.Reports.RpoWarning is not null).ToList();
        foreach (var job in jobs)
        {
            cancellation.ThrowIfCancellationRequested();
            if (!_monitors.TryGetValue(job.Id, out var monitor))
            {
                _monitors.Add(job.Id, monitor = new RpoMonitor(_engine, job.Id));
            }

            monitor.LookBetweenSessions();
        }

        _mayBeLate = jobs.Count > 0;
    }
}
