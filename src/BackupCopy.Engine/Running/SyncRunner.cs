using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running.Phases;
using BackupCopy.Running.Upkeep;

namespace BackupCopy.Running;

/// <summary>
/// Runs a job once, phase by phase. The session in the catalog is true at every moment: it begins before any
/// work and ends with a result, also when it is stopped.
/// </summary>
internal sealed class SyncRunner
{
    private readonly Engine _engine;
    private readonly JobDefinition _job;
    private readonly SyncOptions _options;
    private readonly SessionLog _session;

    public SyncRunner(Engine engine, JobDefinition job, SyncOptions options)
    {
        _engine = engine;
        _job = job;
        _options = options;
        _session = new SessionLog(engine, job, options.Trigger);
    }

    public async Task<SessionInfo> RunAsync(
        IProgress<IReadOnlyList<MachineProgress>>? progress, CancellationToken cancellation)
    {
        await RunSessionAsync(progress, cancellation);
        return await _session.ReportAsync(_job, cancellation);
    }

    private async Task RunSessionAsync(
        IProgress<IReadOnlyList<MachineProgress>>? progress, CancellationToken cancellation)
    {
        if (!_job.IsEnabled)
        {
            throw new BackupCopyException(
                ErrorCode.JobDisabled, $"The job {_job.Name} is disabled.",
                $"Enable it with Enable-BackupCopyJob {_job.Name}.");
        }

        _session.Begin(() => JobIntervals.Begin(_engine, _job, _options).Interval);
        await using var stop = new SessionStop(_engine, _job, _session, _options, cancellation);
        try
        {
            var context = new PhaseContext(_engine, _job, _session, _options, progress)
            {
                NoMoreMachines = stop.NoMoreMachines,
            };
            var happened = await PhaseDriver.RunAsync(context, stop.Now);
            TryDo(() => WentBack.RememberAll(context));
            if (happened is PhaseEvent.StopAsked)
            {
                await PostJobPhase.AfterStopAsync(context);
                End(stop.EndsInterval, () => _session.End(SessionResult.Stopped, stop.Reason));
                return;
            }

            End(true, () => _session.End());
        }
        catch (BackupCopyException error)
        {
            _options.Fail?.Invoke(null, error);
            End(true, () => _session.End(SessionResult.Failed, error.Message, error.Code));
        }
        catch (Exception error)
        {
            End(true, () => _session.End(SessionResult.Failed, $"{error.GetType().Name}: {error.Message}"));
            await _session.ReportAsync(_job, cancellation);
            throw;
        }
    }

    // A session that failed ends its interval too: whatever made it fail is tried again in the next one, and
    // not in a hot loop. The job's lock goes with the session's end, so the rest comes before.
    private void End(bool endsInterval, Func<SessionInfo> end)
    {
        TryDo(() =>
        {
            if (endsInterval)
            {
                JobIntervals.Close(_engine, _job.Id);
            }

            if (_engine.Catalog.StopRequestOf(_job.Id) is not null)
            {
                _engine.Catalog.ForgetStopRequest(_job.Id);
            }
        });
        _ = end();
        TryDo(() => SessionHistory.Prune(_engine));
    }

    // A catalog that is away at the end of a session leaves it open: told as interrupted, and continued.
    private static void TryDo(Action action)
    {
        try
        {
            action();
        }
        catch (BackupCopyException)
        {
            // The end itself meets the same trouble and tells it.
        }
    }
}
