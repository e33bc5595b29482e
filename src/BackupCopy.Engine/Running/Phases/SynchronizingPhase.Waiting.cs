using BackupCopy.Jobs;
using BackupCopy.Running.Upkeep;

namespace BackupCopy.Running.Phases;

// What is waited for, for how long, and what is said of it.
internal sealed partial class SynchronizingPhase
{
    // A look that costs much is made seldom: nine tenths of one per cent of the time at most while nothing is
    // known to come, a fifth of it while somebody is known to be writing.
    private const int IdleShare = 110;
    private const int BusyShare = 5;
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_watched = TimeSpan.FromMinutes(5);

    // A clock that is set forward is noticed within this time.
    private static readonly TimeSpan s_slice = TimeSpan.FromSeconds(30);

    private PointScope Scope() => PointScope.Of(
        _job, _interval, _engine.Catalog.GlobalSettings().LookForward, _options.Full);

    /// <summary>A longer or shorter interval counts for the one that runs.</summary>
    private void FollowInterval()
    {
        if (_interval.EndUtc is null || !_catalog.Any() || _engine.Catalog.FindJob(_job.Id) is not { } job)
        {
            return;
        }

        // Who changed the job may have stored the new end with it.
        var known = _engine.Catalog.Run(_job.Id);
        _run = known.IntervalRule == IntervalClock.RuleOf(job) ? known
            : _engine.Catalog.UpdateRun(
                _job.Id, run => IntervalClock.Follow(job, run, _engine.NowUtc));
        if (_run.Interval is { } changed && changed != _interval)
        {
            _interval = changed;
            _isWhole &= changed.EndUtc is not null;
            _scope = Scope();
            _session.IntervalChanged(changed);
        }
    }

    /// <summary>
    /// How long the sources need no look; infinite where running tasks alone are waited for.
    /// </summary>
    private TimeSpan Pause(Sights sights, bool isIdle, bool isWatched, TimeSpan scan)
    {
        if (isIdle)
        {
            return Timeout.InfiniteTimeSpan;
        }

        var share = sights.Locked.Count > 0 ? BusyShare : IdleShare;
        var least = isWatched && sights.Locked.Count == 0 && !sights.IsSourceAway
            ? s_watched : _options.SourcePoll;
        var dear = TimeSpan.FromTicks(Math.Min(scan.Ticks * share, s_longest.Ticks));
        return dear > least ? dear : least;
    }

    /// <summary>
    /// Waits so long, or until something has happened: a machine is done, a point has appeared, the interval
    /// or the state of the window has ended, the job has changed. In between only the clock is looked at.
    /// </summary>
    private async Task WaitAsync(TimeSpan pause, Sights sights, CancellationToken cancellation)
    {
        var started = _engine.Time.GetTimestamp();
        var ends = Sooner(_interval.EndUtc, sights.BehindWindow.Count > 0 ? sights.Window.UntilUtc : null);
        while (true)
        {
            var left = pause == Timeout.InfiniteTimeSpan
                ? (TimeSpan?)null : pause - _engine.Time.GetElapsedTime(started);
            var untilEnd = ends - _engine.NowUtc;
            if (left <= TimeSpan.Zero || untilEnd <= TimeSpan.Zero)
            {
                return;
            }

            var slice = Sooner(left, untilEnd) is not { } soon ? Timeout.InfiniteTimeSpan
                : ends is not null && soon > s_slice ? s_slice : soon;
            var before = _interval;
            if (await _wake.WaitAsync(slice, _engine.Time, cancellation))
            {
                return;
            }

            FollowInterval();
            if (_interval != before)
            {
                return;
            }
        }
    }

    private static T? Sooner<T>(T? one, T? other)
        where T : struct, IComparable<T> =>
        one is not { } first ? other : other is { } second && second.CompareTo(first) < 0 ? other : one;

    private List<MachineProgress> Progress()
    {
        lock (_gate)
        {
            return
            [
                .. _running.Select(t => t.Progress),
                .. _repairs.Values.OfType<MachineRepair>().Where(r => !r.IsDone).Select(r => r.Progress),
                .. _waiting,
            ];
        }
    }

    private void ShowWaiting(Sights sights)
    {
        _waiting =
        [
            .. sights.Locked.Select(w => Shown(w.Point.Machine, $"Waiting for {w.Point.Writer}")),
            .. sights.BehindWindow.Select(
                m => Shown(m.Machine.Machine, $"Waiting for the window: {Opens(sights)}")),
            .. sights.Unbegun.Select(m => Shown(m.Machine, "Waiting for a new restore point")),
        ];
        foreach (var wait in sights.Locked)
        {
            SayOnce(
                $"Its newest restore point is being written by {wait.Point.Writer}; it is waited for.",
                wait.Point.Machine, SessionEventId.MachineWaits);
        }

        if (sights.BehindWindow.Count > 0)
        {
            SayOnce($"Nothing may be transferred now: {Opens(sights)}.", null, SessionEventId.WindowClosed);
        }

        if (IsAnyRunning)
        {
            return;
        }

        if (sights.Locked is [var locked, ..])
        {
            _session.Waits(
                SessionState.WaitingForRestorePoint,
                $"The restore point of {locked.Point.Machine} is being written by {locked.Point.Writer}.");
        }
        else if (sights.BehindWindow.Count > 0)
        {
            _session.Waits(
                SessionState.WaitingForWindow, $"Nothing may be transferred now: {Opens(sights)}.");
        }
        else if (!sights.IsEmpty(_isWhole))
        {
            _session.Waits(
                SessionState.WaitingForRestorePoint,
                $"Waiting for new restore points until {_interval.EndUtc?.ToLocalText() ?? "the end"}.");
        }
    }

    private void SayOnce(string text, string? machine, SessionEventId id)
    {
        if (_told.Add((machine ?? "", text)))
        {
            _session.Say(text, machine, id);
        }
    }

    private static string Opens(Sights sights) =>
        sights.Window.UntilUtc is { } opens ? $"it opens at {opens.ToLocalText()}" : "it never opens";

    private static MachineProgress Shown(string machine, string activity) =>
        new(machine, activity, 0, 0, 0, TimeSpan.Zero);

    // A machine that was waited for and is not there any more: its source went away, or its point was given
    // up.
    private void TellLost(Sights before, Sights now)
    {
        foreach (var lost in before.Locked.Where(
            b => !IsDone(b.Point.MachineId) && !IsBusy(b.Point.MachineId)
                && now.Locked.All(n => n.Point.MachineId != b.Point.MachineId)
                && now.BehindWindow.All(n => n.Machine.MachineId != b.Point.MachineId)
                && now.Unbegun.All(n => n.MachineId != b.Point.MachineId)
                && now.Failed.All(n => n.MachineId != b.Point.MachineId)))
        {
            var reason = $"Its newest restore point is no longer to be found in {lost.Point.Repository}.";
            NotCopied(lost.Point, reason, ErrorCode.PointGone);
        }
    }

    /// <summary>The time is up: says of every machine that is not done how it stands.</summary>
    private void GiveUp(Sights sights, bool isInterval)
    {
        foreach (var wait in sights.Locked)
        {
            NotCopied(
                wait.Point, $"The newest restore point was still being written by {wait.Point.Writer}.",
                ErrorCode.WaitTimedOut);
        }

        foreach (var (machine, point) in sights.BehindWindow)
        {
            GiveUpWindow(machine, point, isInterval);
        }

        foreach (var machine in sights.Unbegun)
        {
            TellNothing(machine);
        }
    }

    private void GiveUpWindow(MachineSight machine, CandidatePoint point, bool isInterval)
    {
        if (isInterval && _context.Window.IsClosedAllOf(_interval.StartUtc, _interval.EndUtc!.Value))
        {
            _session.Say(
                "Nothing may be transferred in the whole interval: a later one copies its changes, "
                + "too.", machine.Machine, SessionEventId.WindowClosed);
            return;
        }

        const string reason = "Nothing could be transferred: the window was closed.";
        if (!isInterval || machine.Last is null)
        {
            NotCopied(point, reason, ErrorCode.WindowClosed);
            return;
        }

        var error = new BackupCopyException(
            ErrorCode.WindowClosed, $"{reason} The interval ended meanwhile.",
            "Widen -Allow, or lengthen the interval with -Every.");
        _session.NotInTime(point, error);
        _options.Fail?.Invoke(point.Machine, error);
    }

    private void NotCopied(CandidatePoint point, string reason, ErrorCode code)
    {
        _session.NotCopied(point, reason, code);
        _options.Warn?.Invoke($"{point.Machine}: {reason}");
    }

    private void TellNothing(MachineSight machine)
    {
        if (machine.Decision is not PointDecision.TooOld old)
        {
            _session.UpToDate(machine.MachineId, machine.Machine);
        }
        else if (machine.Last is null)
        {
            NotCopied(
                old.Newest,
                $"Its newest restore point, of {old.Newest.TimeUtc.ToLocalText()}, is too old for this "
                + "interval, and the machine was never copied.", ErrorCode.WaitTimedOut);
        }
        else
        {
            _session.UpToDate(
                machine.MachineId, machine.Machine,
                $"No new restore point: the newest, of {old.Newest.TimeUtc.ToLocalText()}, is too old for "
                + "this interval.");
        }
    }

    // The first time it is told; in a session of a whole interval it is waited for.
    private void SourceAway(BackupCopyException error, Sights sights, bool isFirst)
    {
        sights.IsSourceAway = true;
        if (_told.Add(("", error.Message)) && (isFirst || _isWhole))
        {
            _session.Warn(error.Message, id: SessionEventId.SourceUnavailable);
            _options.Warn?.Invoke($"{error.Message} {error.Remedy}");
        }
    }

    // Found again in every round; told once.
    private void Unreadable(string machine, BackupCopyException error)
    {
        if (!_told.Add((machine, error.Message)))
        {
            return;
        }

        _session.Unreadable(machine, error);
        _options.Fail?.Invoke(machine, error);
    }

    private void RefuseNoMatch(int seen, bool isFirst)
    {
        if (seen > 0 || !isFirst)
        {
            return;
        }

        if (_options.Machines.Count > 0)
        {
            throw new BackupCopyException(
                ErrorCode.MachineNotFound,
                $"No machine of the job {_job.Name} is called {string.Join(" or ", _options.Machines)}.",
                "Measure-BackupCopySync lists the machines of a job.");
        }

        const string nothing = "The sources hold no restore point that the job selects.";
        _session.Warn(nothing, id: SessionEventId.NothingSelected);
        _options.Warn?.Invoke(nothing);
    }
}
