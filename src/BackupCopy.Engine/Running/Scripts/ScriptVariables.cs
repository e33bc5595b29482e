using System.Globalization;
using BackupCopy.Jobs;

namespace BackupCopy.Running.Scripts;

/// <summary>What a script is told of its session, as environment variables.</summary>
internal sealed class ScriptVariables
{
    private const string Prefix = "BCJ_";
    private const string SessionId = Prefix + "SESSION_ID";
    private const string Phase = Prefix + "PHASE";

    /// <param name="result">The result so far; null, told as empty, before the job.</param>
    /// <param name="report">The file with the session as JSON.</param>
    public ScriptVariables(SessionRecord session, SyncPhase phase, SessionResult? result, string report)
    {
        var start = session.Interval?.StartUtc ?? session.StartUtc;
        All = new Dictionary<string, string>
        {
            [Prefix + "JOB_ID"] = $"{session.JobId}",
            [Prefix + "JOB_NAME"] = session.JobName,
            [SessionId] = $"{session.Id}",
            [Phase] = $"{phase}",
            [Prefix + "INTERVAL_START"] =
                start.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            [Prefix + "REPORT_JSON"] = report,
            [Prefix + "RESULT"] = $"{result}",
        };
    }

    /// <summary>
    /// Always the same names: this process may itself run in a script of another session.
    /// </summary>
    public IReadOnlyDictionary<string, string> All { get; }

    /// <summary>Those by which what the script starts is known: no two scripts have both.</summary>
    public IReadOnlyList<string> Marks => [$"{SessionId}={All[SessionId]}", $"{Phase}={All[Phase]}"];
}
