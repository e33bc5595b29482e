using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running.Scripts;

namespace BackupCopy.Running;

internal sealed partial class SessionLog
{
    /// <summary>The script before the job began to run in this session.</summary>
    public bool IsPreScriptBegun { get; set; }

    /// <summary>What follows the job began in this session; a stop does not begin it again.</summary>
    public bool IsPostJobBegun { get; set; }

    /// <summary>The worst result of the session and its machines as they are now.</summary>
    public SessionResult ResultSoFar(SessionResult atLeast = SessionResult.Success) => Worst(Record, atLeast);

    /// <summary>The session as it would be if it ended now, for scripts and reports.</summary>
    public SessionInfo InfoSoFar(SessionResult atLeast = SessionResult.Success)
    {
        var record = Record;
        return SessionInfo.From(record with { Result = Worst(record, atLeast) }, _engine.NowUtc);
    }

    /// <summary>An event about a script.</summary>
    public void OfScript(SessionEventId id, EventLevel level, string text) =>
        Change(r => r.With(_engine.NowUtc, level, text, id: id));

    /// <summary>What a script wants to have said.</summary>
    public void OfScript(IReadOnlyList<ScriptLogLine> lines) => Change(r => lines.Aggregate(
        r, (all, line) => all.With(_engine.NowUtc, line.Level, line.Text, id: SessionEventId.ScriptSaid)));

    /// <summary>The session's result is at least this, for a reason that an event has told already.</summary>
    public void Blame(SessionResult result, string reason) => Change(r => r with
    {
        Result = r.Result > result ? r.Result : result,
        Reason = $"{r.Reason} {reason}".TrimStart(),
    });

    private static SessionResult Worst(SessionRecord session, SessionResult atLeast) =>
        session.Tasks.Select(t => t.Result).Append(session.Result).Append(atLeast).Max();
}
