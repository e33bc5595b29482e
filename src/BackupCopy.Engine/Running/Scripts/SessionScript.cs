using System.Globalization;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Retention;
using BackupCopy.Storage;

namespace BackupCopy.Running.Scripts;

/// <summary>
/// The script before or after the job, in one session: whether it is due, what it is told, and what the
/// session's events say of it. What its end means for the session is the phase's to decide.
/// </summary>
internal sealed class SessionScript
{
    private const int MostExcerptBytes = 4096;

    private readonly Engine _engine;
    private readonly JobDefinition _job;
    private readonly SessionLog _session;
    private readonly JobScript? _script;
    private readonly bool _isPre;

    private SessionScript(PhaseContext context, JobScript? script, bool isPre)
    {
        _engine = context.Engine;
        _job = context.Job;
        _session = context.Session;
        _script = script;
        _isPre = isPre;
    }

    public static SessionScript Before(PhaseContext context) =>
        new(context, context.Job.Scripts.Pre, isPre: true);

    public static SessionScript After(PhaseContext context) =>
        new(context, context.Job.Scripts.Post, isPre: false);

    /// <summary>The script in a sentence: "the script after the job (/etc/post.sh)".</summary>
    private string Title => $"the script {(_isPre ? "before" : "after")} the job ({_script?.Path})";

    /// <summary>Null for a script that runs now; else the reason why none does.</summary>
    /// <remarks>
    /// A script before the job that ran is followed by the one after it, whatever days either ran on before.
    /// </remarks>
    public string? WhyNot()
    {
        if (_script is null)
        {
            return "No script is set.";
        }

        var run = _engine.Catalog.Run(_job.Id);
        var lastDay = _isPre ? run.PreScriptDay : run.PostScriptDay;
        return ScriptSchedule.IsDue(_job.Scripts, run.SessionCount, Day(), lastDay)
            || !_isPre && _session.IsPreScriptBegun
                ? null : "The script is not due in this session.";
    }

    /// <summary>Runs it to its end, and says how that was.</summary>
    /// <param name="result">The session's result so far; null before the job.</param>
    /// <param name="level">
    /// How bad an exit code other than 0 is; null for a script that did not start, or had to be ended.
    /// </param>
    /// <returns>The exit code, and what to say of any but 0.</returns>
    public async Task<(int? ExitCode, BackupCopyException? Failure)> RunAsync(
        SessionResult? result, Func<int?, EventLevel> level, CancellationToken cancellation)
    {
        var output = new ScriptOutput(_session.OfScript);
        int? exitCode = null;
        BackupCopyException? failure;
        try
        {
            var end = await RunScriptAsync(result, output, cancellation);
            exitCode = end.ExitCode;
            failure = FailureOf(end);
            if (failure is null)
            {
                _session.OfScript(
                    SessionEventId.ScriptRan, EventLevel.Info,
                    Sentence($"{Title} ended with exit code 0 after {Seconds(end.Took)}."));
            }
        }
        catch (BackupCopyException error) when (IsOfScript(error.Code))
        {
            failure = error;
        }

        if (failure is not null)
        {
            _session.OfScript(IdOf(exitCode), level(exitCode), failure.Message);
        }

        TellWhatItSaid(output);
        return (exitCode, failure);
    }

    private async Task<ScriptEnd> RunScriptAsync(
        SessionResult? result, ScriptOutput output, CancellationToken cancellation)
    {
        var soFar = result is { } worst ? _session.InfoSoFar(worst) : SessionInfo.From(
            _session.Record, _engine.NowUtc);
        using var report = Store(SessionJson.Write(soFar));
        var variables = new ScriptVariables(
            _session.Record, _isPre ? SyncPhase.PreJob : SyncPhase.PostJob, result, report.Path);
        var runner = new ScriptRunner(
            _engine.Storage, _engine.Time, _engine.ScriptHost,
            Environment.GetEnvironmentVariable("PATH") ?? "");
        var end = await runner.RunAsync(_script!, _job.Scripts, variables, output, cancellation);
        RememberDay();
        return end;
    }

    private TemporaryFile Store(string report)
    {
        try
        {
            return TemporaryFile.Write("session.json", report);
        }
        catch (BackupCopyException error)
        {
            throw new BackupCopyException(
                ErrorCode.ScriptFailed,
                Sentence($"{Title} was not started: its report cannot be stored. {error.Message}"),
                error.Remedy, error);
        }
    }

    // A script that was stopped, or could not be started, has not had its day.
    private void RememberDay()
    {
        if (_job.Scripts.OnDays.Count > 0)
        {
            var day = Day();
            _engine.Catalog.UpdateRun(
                _job.Id, run => _isPre ? run with { PreScriptDay = day } : run with { PostScriptDay = day });
        }
    }

    private BackupCopyException? FailureOf(ScriptEnd end) => end.ExitCode switch
    {
        0 => null,
        { } code => new BackupCopyException(
            ErrorCode.ScriptFailed,
            Sentence($"{Title} ended with exit code {code} after {Seconds(end.Took)}."),
            "Read what it printed among the session's events, with (Get-BackupCopySession -Job "
            + $"{_job.Name} -Newest 1).Events, and run it by hand."),
        null => new BackupCopyException(
            ErrorCode.ScriptTimedOut,
            Sentence($"{Title} did not end within {_job.Scripts.Timeout}; it was ended with everything that "
                + $"it started{Left(end.LeftProcesses)}."),
            "Find out what it waited for, or give it more time with Set-BackupCopyJob -ScriptTimeout."),
    };

    private void TellWhatItSaid(ScriptOutput output)
    {
        if (output.Excerpt(MostExcerptBytes) is { } said && !string.IsNullOrWhiteSpace(said))
        {
            _session.OfScript(
                SessionEventId.ScriptSaid, EventLevel.Info, Sentence($"{Title} printed:\n{said}"));
        }

        if (output.SurplusLogCount > 0)
        {
            _session.OfScript(
                SessionEventId.ScriptSaid, EventLevel.Warning,
                Sentence($"{Title} had {output.SurplusLogCount:N0} more LOG: lines; the first "
                    + $"{ScriptOutput.MostLogLines} are kept."));
        }
    }

    // The day of the session, not of the clock: both scripts of a session that runs past midnight have the
    // same.
    private DateOnly Day() =>
        new LocalDays(new RetentionPolicy { TimeZone = _job.Retention.TimeZone }.Zone())
            .Of(_session.Record.StartUtc);

    // To want no copy is no failure.
    private SessionEventId IdOf(int? exitCode) =>
        _isPre && exitCode == 1 && _job.Scripts.OnPreFailure == PreScriptFailure.SkipRun
            ? SessionEventId.ScriptRan : SessionEventId.ScriptFailed;

    private static bool IsOfScript(ErrorCode code) => code is
        ErrorCode.ScriptNotFound or ErrorCode.ScriptFailed or ErrorCode.ScriptHostMissing;

    private static string Left(IReadOnlyList<int> processes) => processes.Count == 0 ? ""
        : $", except for {string.Join(", ", processes.Select(id => $"process {id}"))}";

    private static string Seconds(TimeSpan took) =>
        string.Create(CultureInfo.InvariantCulture, $"{took.TotalSeconds:0.0} s");

    private static string Sentence(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
