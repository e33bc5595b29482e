using BackupCopy.Jobs;
using BackupCopy.Running.Logging;

namespace BackupCopy.Running.Monitoring;

/// <summary>
/// Watches how long the machines of one job go without their copy, in its sessions and between them, and
/// warns once for each breach. What was told is remembered in the catalog. It only reads repositories; one
/// that is away, and a chain that cannot be read, says nothing. For one caller at a time.
/// </summary>
internal sealed class RpoMonitor
{
    private static readonly TimeSpan s_every = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_everySearch = TimeSpan.FromHours(1);

    private readonly Engine _engine;
    private readonly Guid _jobId;

    // What waits in each source chain: its older points are read once, the newer ones are seen as they come.
    private readonly Dictionary<string, List<CandidatePoint>> _waiting = new(StringComparer.Ordinal);
    private long? _looked;
    private long? _searched;

    public RpoMonitor(Engine engine, Guid jobId)
    {
        _engine = engine;
        _jobId = jobId;
    }

    /// <summary>
    /// Looks, in a session, when it has not looked for a minute; may be called at any rate. The session has a
    /// warning then.
    /// </summary>
    /// <param name="warn">Told of each warning as well.</param>
    /// <param name="isEnd">
    /// Whether the session has copied what it can: it looks in any case, and for machines that no job takes.
    /// </param>
    public void Look(
        SessionLog session, TargetBackup target, Action<string>? warn = null, bool isEnd = false)
    {
        if ((IsDue(ref _looked, s_every) || isEnd) && _engine.Catalog.FindJob(_jobId) is { } job)
        {
            Look(job, target, isEnd, (machine, text, id) =>
            {
                session.Late(machine, text, id);
                warn?.Invoke($"{machine}: {text}");
            });
        }
    }

    /// <summary>
    /// The same while no session of the job runs, for whoever runs jobs by themselves. The warning goes to
    /// the job's last session.
    /// </summary>
    public void LookBetweenSessions()
    {
        if (!IsDue(ref _looked, s_every) || _engine.Catalog.FindJob(_jobId) is not { IsEnabled: true } job)
        {
            return;
        }

        IReadOnlyList<SessionRecord> newest = _engine.Catalog.Sessions(new() { JobId = _jobId, Newest = 1 });
        var last = newest is [var session] ? session : null;
        if (last is { EndUtc: null })
        {
            // It looks itself.
            return;
        }

        Look(job, null, IsDue(ref _searched, s_everySearch), (machine, text, id) =>
            Keep(job, last?.Id, new SessionEvent(
                _engine.NowUtc, SyncPhase.Idle, EventLevel.Warning, text, machine, id)));
    }

    private void Look(
        JobDefinition job, TargetBackup? target, bool unprotected,
        Action<string, string, SessionEventId> tell)
    {
        if (job.Reports.RpoWarning is not { } limit)
        {
            return;
        }

        try
        {
            LookAtMachines(job, target ?? TargetBackup.Open(_engine, job), limit, tell);
            if (unprotected)
            {
                UnprotectedMachines.Tell(_engine, job, tell);
            }
        }
        catch (BackupCopyException)
        {
            // Sessions say what is wrong with a repository. Without it nothing is known of the copies.
        }
    }

    // Told before it is remembered: a process that dies between the two tells it again.
    private void LookAtMachines(
        JobDefinition job, TargetBackup target, TimeSpan limit, Action<string, string, SessionEventId> tell)
    {
        var run = _engine.Catalog.Run(job.Id);
        var changed = new List<MachineRun>();
        foreach (var machine in new SourceScan(_engine, job).Run(_ => { }, (_, _) => { }))
        {
            var known = run.Machine(machine.Key, machine.First().Machine);
            if (Judge(job, target, machine, known, limit) is not { } verdict)
            {
                continue;
            }

            if (verdict is { Warning: { } id, Waits: { } point })
            {
                tell(known.Machine, InWords(point, id, limit), id);
            }

            if (verdict.WarnedPointUtc != known.WarnedPointUtc)
            {
                changed.Add(known with { WarnedPointUtc = verdict.WarnedPointUtc });
            }
        }

        if (changed.Count > 0)
        {
            _engine.Catalog.UpdateRun(job.Id, now => changed.Aggregate(now, (all, one) => all.With(
                all.Machine(one.MachineId, one.Machine) with { WarnedPointUtc = one.WarnedPointUtc })));
        }
    }

    // One machine that cannot be looked at hides no other; null for it.
    private RpoVerdict? Judge(
        JobDefinition job, TargetBackup target, IGrouping<Guid, CandidatePoint> machine, MachineRun known,
        TimeSpan limit)
    {
        try
        {
            var last = TargetBackup.Last(target.ChainFor(known.Machine, machine.Key).Chain);
            return RpoRules.Judge(
                Waiting(job, machine, last), last?.TimeUtc, known.WarnedPointUtc, job.CreatedUtc, limit,
                _engine.NowUtc);
        }
        catch (BackupCopyException)
        {
            return null;
        }
    }

    private List<WaitingPoint> Waiting(
        JobDefinition job, IGrouping<Guid, CandidatePoint> machine, CopiedPoint? last)
    {
        var isNewer = PointChoice.NewerThan(last, machine);
        var all = new List<WaitingPoint>();
        foreach (var chain in machine.Where(c => !c.IsLocked).GroupBy(c => c.ChainPath))
        {
            var newest = chain.MaxBy(c => c.Sequence)!;
            if (!isNewer(newest))
            {
                _waiting.Remove(chain.Key);
                continue;
            }

            if (!_waiting.TryGetValue(chain.Key, out var waiting))
            {
                waiting = [.. new SourceScan(_engine, job).Expand([newest])];
            }

            waiting = [.. waiting.Append(newest).DistinctBy(c => c.Sequence)
                .Where(isNewer)];
            _waiting[chain.Key] = waiting;
            all.AddRange(waiting.Select(c => new WaitingPoint(c.TimeUtc, c.ReadyUtc)));
        }

        return all;
    }

    // A session that began meanwhile keeps its own record; what was to be told is then in the log alone.
    private void Keep(JobDefinition job, Guid? session, SessionEvent late)
    {
        var before = default(SessionRecord);
        if (session is { } id && _engine.Catalog.UpdateEndedSession(id, ended =>
        {
            before = ended;
            return ended.With(late.TimeUtc, late.Level, late.Text, late.Machine, late.Id);
        }) is { } after)
        {
            _engine.Log.LogChange(before!, after);
        }
        else
        {
            new SessionLogger(_engine.Log, job, late.Machine).Event(late);
        }
    }

    private bool IsDue(ref long? last, TimeSpan every)
    {
        var isDue = last is not { } then || _engine.Time.GetElapsedTime(then) >= every;
        if (isDue)
        {
            last = _engine.Time.GetTimestamp();
        }

        return isDue;
    }

    private static string InWords(WaitingPoint point, SessionEventId id, TimeSpan limit)
    {
        var never = id == SessionEventId.MachineNeverCopied ? "The machine has no copy at all. " : "";
        return $"{never}The restore point of {point.TimeUtc.ToLocalText()} has been ready since "
            + $"{point.ReadyUtc.ToLocalText()} and is not copied; the job warns after {InWords(limit)}.";
    }

    private static string InWords(TimeSpan limit) => limit switch
    {
        _ when limit.Ticks % TimeSpan.TicksPerDay == 0 => Count(limit.TotalDays, "day"),
        _ when limit.Ticks % TimeSpan.TicksPerHour == 0 => Count(limit.TotalHours, "hour"),
        _ => Count(limit.TotalMinutes, "minute"),
    };

    private static string Count(double number, string unit) =>
        number == 1 ? $"1 {unit}" : string.Create(
            System.Globalization.CultureInfo.InvariantCulture, $"{number:0.#} {unit}s");
}
