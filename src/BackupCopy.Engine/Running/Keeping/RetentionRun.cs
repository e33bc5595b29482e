using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Inventory;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Retention;
using BackupCopy.Running.Upkeep;

namespace BackupCopy.Running.Keeping;

/// <summary>
/// Retention of one backup outside a session. It holds the job's lock, so that it and a sync never meet; the
/// chains are transformed by the same code. What could not be removed stays whole and is told per machine.
/// </summary>
internal sealed class RetentionRun
{
    private readonly Engine _engine;
    private readonly JobDefinition? _job;
    private readonly string _repository;
    private readonly BackupFolder _backup;
    private readonly RetentionPolicy _policy;

    private RetentionRun(
        Engine engine, JobDefinition? job, string repository, BackupFolder backup, RetentionPolicy policy)
    {
        _engine = engine;
        _job = job;
        _repository = repository;
        _backup = backup;
        _policy = policy;
    }

    public static RetentionRun Of(Engine engine, RetentionScope scope)
    {
        switch (scope)
        {
            case RetentionScope.OfJob { Name: var name }:
                var job = engine.Job(name);
                return new RetentionRun(
                    engine, job, engine.Repository(job.TargetRepositoryId).Name,
                    TargetBackup.Open(engine, job).Folder, job.Retention.Policy());
            case RetentionScope.OfBackup orphan:
                return OfOrphan(engine, orphan);
            default:
                throw new InvalidOperationException($"Nobody runs the retention of {scope}.");
        }
    }

    public IEnumerable<RetentionResult> Plan(
        IReadOnlyList<string> machines, Action<string, BackupCopyException>? fail)
    {
        if (_job is not null)
        {
            JobLock.ThrowIfHeld(_engine, _job.Id, _job.Name);
        }

        foreach (var work in Chains(machines))
        {
            RetentionResult result;
            try
            {
                result = Plan(work);
            }
            catch (BackupCopyException error)
            {
                fail?.Invoke(work.Machine, error);
                continue;
            }

            yield return result;
        }
    }

    public async Task<IReadOnlyList<RetentionResult>> RunAsync(
        RetentionOptions options, CancellationToken cancellation)
    {
        using var alone = JobLock.TakeOutsideSession(_engine, _job, "retention");
        _backup.Repository.EnsureWritable();
        if (_job is not null)
        {
            WentBack.ThrowIfAny(_engine, _job);
        }

        var works = Chains(options.Machines);
        var isThrough = false;
        try
        {
            await RunAsync(works, options, cancellation);
            isThrough = true;
        }
        finally
        {
            BackupSummaries.Refresh(_backup);
            if (_job is not null)
            {
                WentBack.Remember(_engine, _job, [.. works.Select(w => w.Chain)]);
            }

            TellLastSession(works, isThrough && options.Machines.Count == 0, isThrough);
        }

        foreach (var work in works)
        {
            work.TellErrors(options.Fail);
        }

        return [.. works.Where(w => w.Error is null || w.Gone.Count > 0).Select(Result)];
    }

    private static RetentionRun OfOrphan(Engine engine, RetentionScope.OfBackup orphan)
    {
        // A backup that nobody copies into any more has no policy of its own: nothing is supposed.
        var policy = orphan.Policy.Change(new JobRetention { KeepPoints = null }).Policy();
        var definition = engine.Repository(orphan.Repository);
        var folder = TargetBackup.Mapped(engine.Open(definition), orphan.Name, "-Backup");
        return new BackupOwners(engine).JobOf(definition.Id, folder) is not { } owner
            ? new RetentionRun(engine, null, definition.Name, folder, policy)
            : throw new BackupCopyException(
                ErrorCode.BackupBelongsToAnotherJob,
                $"The backup {folder.FolderName} belongs to the job {owner.Name}, whose policy decides.",
                $"Run Invoke-BackupCopyRetention -Job {owner.Name}; Set-BackupCopyJob changes the policy.");
    }

    private List<Work> Chains(IReadOnlyList<string> machines)
    {
        var works = _backup.Chains()
            .Select(c => new Work(c, TargetBackup.MachineOf(c), Decide))
            .Where(w => Wildcard.MatchesAny(machines, w.Machine)).ToList();
        return works.Count > 0 || machines.Count == 0 ? works : throw new BackupCopyException(
            ErrorCode.MachineNotFound,
            $"The backup {_backup.FolderName} has no machine {string.Join(" or ", machines)}.",
            $"Get-BackupCopyRestorePoint -Repository {_repository} lists the machines.");
    }

    private IReadOnlyList<RetentionDecision> Decide(IReadOnlyList<ChainPoint> points) =>
        ChainRetention.Decide(points, _policy, _engine.NowUtc);

    private RetentionResult Plan(Work work)
    {
        var points = work.Chain.Points();
        var going = Decide(points).Where(d => !d.Keep).ToDictionary(d => d.Point.Sequence);
        var plan = RemovalPlanner.Plan(
            work.Chain, points, work.Chain.Tombstones(), going.Keys.ToHashSet());
        return Result(work) with
        {
            Removed = [.. plan.Points.Select(p => Removed(going[p.Sequence]))],
            KeptCount = points.Count - plan.Points.Count,
            FreedBytes = plan.FreedBytes,
            Debt = plan.Blocked.Sum(b => b.Sequences.Count(going.ContainsKey)),
            Notes = [.. plan.Blocked.Select(b => b.Reason.Message)],
        };
    }

    private async Task RunAsync(List<Work> works, RetentionOptions options, CancellationToken cancellation)
    {
        var start = _engine.Time.GetTimestamp();
        Wishes? wishes = null;
        try
        {
            for (var pending = works; ;)
            {
                pending = [.. pending.Where(w => !w.IsDone(cancellation))];
                wishes?.Dispose();
                if (pending.Count == 0 || _engine.Time.GetElapsedTime(start) >= options.Wait)
                {
                    return;
                }

                // Readers that can give way do so when they are asked, until their points were tried again.
                wishes = new Wishes([.. pending.SelectMany(w => w.Last.Busy.Select(b => (w.Chain, b)))]);
                do
                {
                    await Task.Delay(options.Poll, _engine.Time, cancellation);
                }
                while (!wishes.IsAnyFree && _engine.Time.GetElapsedTime(start) < options.Wait);
            }
        }
        finally
        {
            wishes?.Dispose();
        }
    }

    /// <summary>
    /// Leaves a trace of what was removed in the job's last session. The debt that the job shows is that of
    /// this session too; it has just been paid, or is this now.
    /// </summary>
    /// <param name="isWhole">All machines were looked at: their debt is the job's.</param>
    /// <param name="isThrough">False for a run that was stopped: it knows of no debt.</param>
    private void TellLastSession(List<Work> works, bool isWhole, bool isThrough)
    {
        if (_job is null)
        {
            return;
        }

        var sessions = _engine.Catalog.Sessions(new Catalog.SessionQuery { JobId = _job.Id, Newest = 1 });
        if (sessions is not [{ EndUtc: not null } last, ..])
        {
            return;
        }

        var debt = works.Sum(w => w.Last.Debt);
        var isDebtOfJob = isWhole && !works.Exists(w => w.Error is not null);
        if (works.Exists(w => w.Gone.Count > 0) || (isDebtOfJob && last.RetentionDebt != debt))
        {
            var left = isThrough
                ? $": {Count(debt)} that should be gone {(debt == 1 ? "is" : "are")} left"
                    + (isWhole ? "." : " of these machines.")
                : ", and was stopped.";
            var text = $"Retention was run again{WhatWent(works)}{left}";
            _engine.Catalog.SaveSession(last.With(_engine.NowUtc, EventLevel.Info, text) with
            {
                RetentionDebt = isDebtOfJob ? debt : last.RetentionDebt,
            });
        }
    }

    private static string WhatWent(List<Work> works)
    {
        var gone = works.Where(w => w.Gone.Count > 0).Select(w => $"{w.Gone.Count} of {w.Machine}").ToList();
        return gone.Count == 0 ? ""
            : $" and removed {Count(works.Sum(w => w.Gone.Count))} ({string.Join(", ", gone)}), "
                + $"{works.Sum(w => w.FreedBytes):N0} bytes came back";
    }

    private static string Count(int points) => points == 1 ? "1 restore point" : $"{points} restore points";

    private RetentionResult Result(Work work) => new()
    {
        Job = _job?.Name ?? "",
        Repository = _repository,
        Backup = _backup.FolderName,
        Machine = work.Machine,
        Policy = _policy.ToString(),
        Removed = [.. work.Gone.OrderBy(d => d.Point.Sequence).Select(Removed)],
        KeptCount = work.KeptCount,
        FreedBytes = work.FreedBytes,
        Debt = work.Last.Debt,
        Notes = work.Notes,
    };

    private static RemovedPoint Removed(RetentionDecision gone) =>
        new(gone.Point.TimeUtc.ToLocalTime(), gone.Point.Sequence, gone.Why);

    /// <summary>One chain, and what the attempts at it did together.</summary>
    private sealed class Work(
        Chain chain, string machine, Func<IReadOnlyList<ChainPoint>, IReadOnlyList<RetentionDecision>> decide)
    {
        private readonly ChainTransform _transform = new(chain, decide);

        public Chain Chain => chain;
        public string Machine => machine;
        public List<RetentionDecision> Gone { get; } = [];
        public long FreedBytes { get; private set; }

        /// <summary>The points that stay; 0 where the chain cannot be read any more.</summary>
        public int KeptCount { get; private set; }
        public TransformOutcome Last { get; private set; } = new();
        public BackupCopyException? Error { get; private set; }

        public IReadOnlyList<string> Notes =>
        [
            .. Last.Warnings.Select(w => w.Sentence),
            .. Last.Blocked.Select(b => b.Reason.Message),
            .. Last.Notes,
        ];

        /// <summary>False when it has to be tried again because somebody is in the way.</summary>
        public bool IsDone(CancellationToken cancellation)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                Last = _transform.Run(cancellation);
                Gone.AddRange(Last.Removed);
                FreedBytes += Last.FreedBytes;
                KeptCount = chain.Points().Count;
                Error = Last.Failure as BackupCopyException;
                cancellation.ThrowIfCancellationRequested();
                return Error is not null || Last.Busy.Count == 0;
            }
            catch (BackupCopyException error)
            {
                // One chain's trouble is its own.
                Error = error;
                Last = _transform.Failed();
                return true;
            }
        }

        public void TellErrors(Action<string, BackupCopyException>? fail)
        {
            if (Error is not null)
            {
                fail?.Invoke(machine, Error);
            }

            foreach (var blocked in Last.Blocked)
            {
                fail?.Invoke(machine, blocked.Reason);
            }

            if (Last.Busy is [var busy, ..])
            {
                fail?.Invoke(machine, new BackupCopyException(
                    ErrorCode.RetentionDebt,
                    $"{Last.Busy.Count} restore points should be gone and are still there: {busy.Holder}.",
                    "End the restore or the copy that reads them, or wait for it with -Wait."));
            }
        }
    }
}
