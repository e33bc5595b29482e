using BackupCopy.Jobs;
using LiteDB;

namespace BackupCopy.Catalog;

/// <summary>Schedule, scripts and reports inside a job's document.</summary>
internal static class ControlDocument
{
    public static BsonDocument From(JobSchedule schedule) => new()
    {
        ["everyTicks"] = DocumentValue.Ticks(schedule.Every),
        ["atTicks"] = schedule.At.Ticks,
        ["mode"] = schedule.Mode.ToString(),
        ["lookForward"] = schedule.LookForward is { } isOn ? new BsonValue(isOn) : BsonValue.Null,
        ["allow"] = DocumentValue.Texts(schedule.Allow),
        ["deny"] = DocumentValue.Texts(schedule.Deny),
        ["maxRateBytesPerSecond"] = schedule.MaxRateBytesPerSecond,
    };

    public static BsonDocument From(JobScripts scripts) => new()
    {
        ["pre"] = From(scripts.Pre),
        ["post"] = From(scripts.Post),
        ["timeoutTicks"] = scripts.Timeout.Ticks,
        ["onPreFailure"] = scripts.OnPreFailure.ToString(),
        ["everySessions"] = scripts.EverySessions,
        ["onDays"] = DocumentValue.Texts(scripts.OnDays.Select(day => day.ToString())),
        ["allowHosted"] = scripts.AllowHosted,
    };

    public static BsonDocument From(JobReports reports) => new()
    {
        ["mailTo"] = DocumentValue.Texts(reports.MailTo),
        ["reportOn"] = reports.ReportOn?.ToString(),
        ["rpoWarningTicks"] = DocumentValue.Ticks(reports.RpoWarning),
    };

    /// <summary>The default for a job that was stored before jobs had a schedule; so the others.</summary>
    public static JobSchedule ReadSchedule(DocumentReader job)
    {
        if (job.DocumentOrNull("schedule", "schedule of a job") is not { } fields)
        {
            return new JobSchedule();
        }

        return new JobSchedule
        {
            Every = fields.SpanOrNull("everyTicks"),
            At = new TimeOnly(Math.Clamp(fields.Number("atTicks", 0), 0, TimeSpan.TicksPerDay - 1)),
            Mode = fields.Name<JobMode>("mode"),
            LookForward = fields.FlagOrNull("lookForward"),
            Allow = fields.Texts("allow"),
            Deny = fields.Texts("deny"),
            MaxRateBytesPerSecond = fields.Number("maxRateBytesPerSecond", 0),
        };
    }

    public static JobScripts ReadScripts(DocumentReader job)
    {
        if (job.DocumentOrNull("scripts", "scripts of a job") is not { } fields)
        {
            return new JobScripts();
        }

        return new JobScripts
        {
            Pre = ReadScript(fields, "pre"),
            Post = ReadScript(fields, "post"),
            Timeout = fields.SpanOrNull("timeoutTicks") ?? JobScripts.DefaultTimeout,
            OnPreFailure = fields.Name<PreScriptFailure>("onPreFailure"),
            EverySessions = (int)fields.Number("everySessions", 1),
            OnDays = fields.Names<DayOfWeek>("onDays"),
            AllowHosted = fields.Flag("allowHosted", false),
        };
    }

    public static JobReports ReadReports(DocumentReader job)
    {
        if (job.DocumentOrNull("reports", "reports of a job") is not { } fields)
        {
            return new JobReports();
        }

        return new JobReports
        {
            MailTo = fields.Texts("mailTo"),
            ReportOn = fields.TextOrNull("reportOn") is null ? null : fields.Name<ReportOn>("reportOn"),
            RpoWarning = fields.SpanOrNull("rpoWarningTicks"),
        };
    }

    private static BsonValue From(JobScript? script) => script is null ? BsonValue.Null : new BsonDocument
    {
        ["path"] = script.Path,
        ["arguments"] = DocumentValue.Texts(script.Arguments),
    };

    private static JobScript? ReadScript(DocumentReader scripts, string field) =>
        scripts.DocumentOrNull(field, "script of a job") is { } fields
            ? new JobScript(fields.Text("path"), fields.Texts("arguments")) : null;
}
