using System.Runtime.CompilerServices;
using BackupCopy.Catalog;
using BackupCopy.Jobs;
using BackupCopy.Reporting;

namespace BackupCopy.Running;

public sealed partial class Sessions
{
    private static readonly TimeSpan s_waitPoll = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Asks the running session of a job to end, in whatever process it runs; it notices within seconds. What
    /// is finished stays, and the next session goes on from there.
    /// </summary>
    /// <param name="afterCurrentMachines">
    /// Finish the machines that are being copied; else they are left and continued by the next session.
    /// </param>
    /// <returns>The session; null when the job does not run, and nothing is stored then.</returns>
    public SessionInfo? Stop(string job, bool afterCurrentMachines = false)
    {
        var definition = _engine.Job(job);
        if (List(job, running: true).FirstOrDefault() is not { } running)
        {
            return null;
        }

        var isAsked = _engine.Catalog.AskToStop(new StopRequest
        {
            JobId = definition.Id,
            SessionId = running.Id,
            AfterCurrentMachines = afterCurrentMachines,
            AskedUtc = _engine.NowUtc,
            AskedBy = $"{Environment.UserName}, {Runner.Me}",
        });
        return isAsked ? running : null;
    }

    /// <summary>
    /// Waits until no session of these jobs runs, and tells each that was waited for as it ends.
    /// </summary>
    /// <param name="jobs">Their names; null for all jobs.</param>
    /// <param name="limit">How long to wait; null for as long as it takes.</param>
    /// <exception cref="BackupCopyException">
    /// <see cref="ErrorCode.WaitTimedOut"/> when one still runs after that.
    /// </exception>
    public async IAsyncEnumerable<SessionInfo> WaitAsync(
        IReadOnlyCollection<string>? jobs, TimeSpan? limit,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        var jobIds = jobs?.Select(job => _engine.Job(job).Id).ToHashSet();
        var changes = new CatalogChanges(_engine.Catalog);
        var start = _engine.Time.GetTimestamp();
        Dictionary<Guid, SessionInfo> waiting = [];
        while (true)
        {
            // A process that was killed changes nothing in the catalog; its lock tells.
            if (changes.Any() || waiting.Values.Any(s => !JobLock.IsHeld(_engine, s.JobId)))
            {
                var running = List(running: true)
                    .Where(s => jobIds is null || jobIds.Contains(s.JobId)).ToDictionary(s => s.Id);
                foreach (var ended in waiting.Keys.Except(running.Keys).ToList())
                {
                    yield return Get(ended);
                }

                waiting = running;
            }

            if (waiting.Count == 0)
            {
                yield break;
            }

            if (_engine.Time.GetElapsedTime(start) is var waited && waited >= limit)
            {
                throw TimedOut([.. waiting.Values], limit.Value);
            }

            var rest = limit is null ? s_waitPoll : limit.Value - waited;
            await Task.Delay(rest < s_waitPoll ? rest : s_waitPoll, _engine.Time, cancellation);
        }
    }

    private static BackupCopyException TimedOut(List<SessionInfo> running, TimeSpan limit)
    {
        var names = string.Join(", ", running.Select(s => s.Job).Order(StringComparer.OrdinalIgnoreCase));
        return new BackupCopyException(
            ErrorCode.WaitTimedOut,
            $"After {limit:c} {names} still {(running.Count == 1 ? "runs" : "run")}.",
            "Wait longer with -Timeout, or end it with Stop-BackupCopySync.");
    }
}
