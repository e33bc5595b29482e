using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running.Phases;

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
        if (!_job.IsEnabled)
        {
            throw new BackupCopyException(
                ErrorCode.JobDisabled, $"The job {_job.Name} is disabled.",
                $"Enable it with Enable-BackupCopyJob {_job.Name}.");
        }

        _session.Begin(() => JobIntervals.Begin(_engine, _job, _options).Interval);
        try
        {
            var context = new PhaseContext(_engine, _job, _session, _options, progress);
            if (await PhaseDriver.RunAsync(context, cancellation) is PhaseEvent.StopAsked)
            {
                await PostJobPhase.AfterStopAsync(context);
                return _session.End(
                    SessionResult.Stopped, "Stopped by its user; the next sync goes on from there.");
            }

            JobIntervals.Close(_engine, _job.Id);
            return _session.End();
        }
        catch (BackupCopyException error)
        {
            _options.Fail?.Invoke(null, error);
            return _session.End(SessionResult.Failed, error.Message, error.Code);
        }
        catch (Exception error)
        {
            _session.End(SessionResult.Failed, $"{error.GetType().Name}: {error.Message}");
            throw;
        }
    }
}
