using BackupCopy.Jobs;
using LiteDB;

namespace BackupCopy.Catalog;

/// <summary>
/// A <see cref="JobRun"/> as a document, and the interval inside it and inside a session's.
/// </summary>
internal static class JobRunDocument
{
    public static BsonDocument From(JobRun run) => new()
    {
        ["_id"] = run.JobId,
        ["interval"] = From(run.Interval),
        ["isOpen"] = run.IsOpen,
        ["anchorDate"] = DocumentValue.Day(run.AnchorDate),
        ["intervalRule"] = run.IntervalRule,
        ["sessionCount"] = run.SessionCount,
        ["preScriptDay"] = DocumentValue.Day(run.PreScriptDay),
        ["postScriptDay"] = DocumentValue.Day(run.PostScriptDay),
        ["machines"] = new BsonArray(run.Machines.Select(From)),
        ["toldUnprotected"] = DocumentValue.Ids(run.ToldUnprotected),
        ["healthCheckDay"] = DocumentValue.Day(run.HealthCheckDay),
        ["healthCheckBeganUtc"] = DocumentValue.Time(run.HealthCheckBeganUtc),
        ["compactDay"] = DocumentValue.Day(run.CompactDay),
        ["chains"] = new BsonArray(run.Chains.Select(From)),
        ["wentBack"] = run.WentBack,
    };

    public static JobRun Read(BsonDocument document, string catalog)
    {
        var fields = new DocumentReader(catalog, "run of a job", document);
        return new JobRun
        {
            JobId = fields.Id("_id"),
            Interval = ReadInterval(fields),
            IsOpen = fields.Flag("isOpen", false),
            AnchorDate = fields.DayOrNull("anchorDate"),
            IntervalRule = fields.Text("intervalRule", ""),
            SessionCount = fields.Number("sessionCount", 0),
            PreScriptDay = fields.DayOrNull("preScriptDay"),
            PostScriptDay = fields.DayOrNull("postScriptDay"),
            Machines = fields.Documents("machines", "machine of a job").Select(ReadMachine).ToArray(),
            ToldUnprotected = fields.Ids("toldUnprotected"),
            HealthCheckDay = fields.DayOrNull("healthCheckDay"),
            HealthCheckBeganUtc = fields.TimeOrNull("healthCheckBeganUtc"),
            CompactDay = fields.DayOrNull("compactDay"),
            Chains = fields.Documents("chains", "chain of a job").Select(ReadChain).ToArray(),
            WentBack = fields.Text("wentBack", ""),
        };
    }

    public static BsonValue From(CopyInterval? interval) => interval is null
        ? BsonValue.Null
        : new BsonDocument
        {
            ["startUtc"] = DocumentValue.Time(interval.StartUtc),
            ["endUtc"] = DocumentValue.Time(interval.EndUtc),
            ["lookBackTicks"] = DocumentValue.Ticks(interval.LengthLookedBack),
        };

    public static CopyInterval? ReadInterval(DocumentReader owner) =>
        owner.DocumentOrNull("interval", "interval") is { } fields
            ? new CopyInterval(
                fields.Time("startUtc"), fields.TimeOrNull("endUtc"), fields.SpanOrNull("lookBackTicks"))
            : null;

    private static BsonDocument From(ChainRun chain) => new()
    {
        ["repository"] = chain.RepositoryId,
        ["folder"] = chain.Folder,
        ["machine"] = chain.Machine,
        ["highestSequence"] = chain.HighestSequence,
        ["newestSequence"] = chain.NewestSequence,
        ["newestDigest"] = chain.NewestDigest,
    };

    private static ChainRun ReadChain(DocumentReader fields) => new(
        fields.Id("repository"), fields.Text("folder"), fields.Text("machine"),
        fields.Number("highestSequence", 0), fields.Number("newestSequence", 0),
        fields.Text("newestDigest", ""));

    private static BsonDocument From(MachineRun machine) => new()
    {
        ["machineId"] = machine.MachineId,
        ["machine"] = machine.Machine,
        ["doneInIntervalUtc"] = DocumentValue.Time(machine.DoneInIntervalUtc),
        ["consecutiveFailures"] = machine.ConsecutiveFailures,
        ["warnedPointUtc"] = DocumentValue.Time(machine.WarnedPointUtc),
    };

    private static MachineRun ReadMachine(DocumentReader fields) => new()
    {
        MachineId = fields.Id("machineId"),
        Machine = fields.Text("machine"),
        DoneInIntervalUtc = fields.TimeOrNull("doneInIntervalUtc"),
        ConsecutiveFailures = (int)fields.Number("consecutiveFailures", 0),
        WarnedPointUtc = fields.TimeOrNull("warnedPointUtc"),
    };
}
