using System.Buffers.Binary;
using BackupCopy.Jobs;
using LiteDB;

namespace BackupCopy.Catalog;

/// <summary>
/// A <see cref="SessionRecord"/> with its machine tasks and events as one document, and its index keys.
/// </summary>
internal static class SessionDocument
{
    /// <summary>Start, then id: the order of all sessions.</summary>
    public const string ByStart = "byStart";

    /// <summary>Job, then start, then id: the order of one job's sessions.</summary>
    public const string ByJob = "byJob";

    public const string IsRunning = "isRunning";

    private const int IdBytes = 16;

    public static BsonDocument From(SessionRecord session) => new()
    {
        ["_id"] = session.Id,
        ["job"] = session.JobId,
        ["jobName"] = session.JobName,
        ["state"] = session.State.ToString(),
        ["result"] = session.Result.ToString(),
        ["reason"] = session.Reason,
        ["waitsFor"] = session.WaitsFor,
        ["trigger"] = session.Trigger.ToString(),
        ["interval"] = JobRunDocument.From(session.Interval),
        ["delivery"] = session.Delivery,
        ["startUtc"] = DocumentValue.Time(session.StartUtc),
        ["endUtc"] = DocumentValue.Time(session.EndUtc),
        ["runner"] = session.Runner,
        ["checkpoint"] = From(session.Checkpoint),
        ["removedPoints"] = session.RemovedPointCount,
        ["freedBytes"] = session.FreedBytes,
        ["retentionDebt"] = session.RetentionDebt,
        ["health"] = UpkeepDocument.From(session.Health),
        ["compactedBytes"] = session.CompactedBytes,
        ["tasks"] = new BsonArray(session.Tasks.Select(From)),
        ["events"] = new BsonArray(session.Events.Select(From)),
        ["droppedEvents"] = session.DroppedEventCount,
        [ByStart] = StartKey(session.StartUtc, session.Id),
        [ByJob] = JobKey(session.JobId, session.StartUtc, session.Id),
        [IsRunning] = session.EndUtc is null,
    };

    public static SessionRecord Read(BsonDocument document, string catalog)
    {
        var fields = new DocumentReader(catalog, "session", document);
        var endUtc = fields.TimeOrNull("endUtc");
        return new SessionRecord
        {
            Id = fields.Id("_id"),
            JobId = fields.Id("job"),
            JobName = fields.Text("jobName"),
            State = fields.Name<SessionState>("state"),
            Result = fields.Name<SessionResult>("result"),
            Reason = fields.Text("reason", ""),
            WaitsFor = fields.Text("waitsFor", ""),
            Trigger = fields.TextOrNull("trigger") is null
                ? SessionTrigger.Manual : fields.Name<SessionTrigger>("trigger"),
            Interval = JobRunDocument.ReadInterval(fields),
            Delivery = fields.Text("delivery", ""),
            StartUtc = fields.Time("startUtc"),
            EndUtc = endUtc,
            Runner = fields.Text("runner"),
            Checkpoint = fields.DocumentOrNull("checkpoint", "checkpoint") is { } checkpoint
                ? ReadCheckpoint(checkpoint)
                // A version without phases did nothing but synchronize.
                : PhaseCheckpoint.At(endUtc is null ? SyncPhase.Synchronizing : SyncPhase.Idle),
            RemovedPointCount = (int)fields.Number("removedPoints", 0),
            FreedBytes = fields.Number("freedBytes", 0),
            RetentionDebt = (int)fields.Number("retentionDebt", 0),
            Health = UpkeepDocument.ReadTally(fields),
            CompactedBytes = fields.Number("compactedBytes", 0),
            Tasks = fields.Documents("tasks", "machine task").Select(ReadTask).ToArray(),
            Events = fields.Documents("events", "session event").Select(ReadEvent).ToArray(),
            DroppedEventCount = (int)fields.Number("droppedEvents", 0),
        };
    }

    /// <summary>
    /// Keys between the two bounds, both included, are those of sessions that started at or after.
    /// </summary>
    public static (BsonValue From, BsonValue To) StartRange(DateTime? afterUtc) =>
        (StartKey(afterUtc ?? DateTime.MinValue, Guid.Empty), StartKey(DateTime.MaxValue, Guid.AllBitsSet));

    public static (BsonValue From, BsonValue To) StartedBefore(DateTime utc) =>
        (StartKey(DateTime.MinValue, Guid.Empty), StartKey(utc, Guid.Empty));

    public static (BsonValue From, BsonValue To) JobRange(Guid jobId, DateTime? afterUtc) =>
        (JobKey(jobId, afterUtc ?? DateTime.MinValue, Guid.Empty),
            JobKey(jobId, DateTime.MaxValue, Guid.AllBitsSet));

    // Big-endian bytes compare as the values do, and a key of bytes needs no collation.
    private static BsonValue StartKey(DateTime startUtc, Guid id)
    {
        var key = new byte[sizeof(long) + IdBytes];
        WriteStart(key, startUtc, id);
        return key;
    }

    private static BsonValue JobKey(Guid jobId, DateTime startUtc, Guid id)
    {
        var key = new byte[IdBytes + sizeof(long) + IdBytes];
        jobId.TryWriteBytes(key, bigEndian: true, out _);
        WriteStart(key.AsSpan(IdBytes), startUtc, id);
        return key;
    }

    private static void WriteStart(Span<byte> to, DateTime startUtc, Guid id)
    {
        BinaryPrimitives.WriteInt64BigEndian(to, startUtc.Ticks);
        id.TryWriteBytes(to[sizeof(long)..], bigEndian: true, out _);
    }

    private static BsonDocument From(MachineTaskRecord task) => new()
    {
        ["machineId"] = task.MachineId,
        ["machine"] = task.Machine,
        ["state"] = task.State.ToString(),
        ["result"] = task.Result.ToString(),
        ["reason"] = task.Reason,
        ["error"] = task.Error,
        ["sourceRepository"] = task.SourceRepository,
        ["sourceBackup"] = task.SourceBackup,
        ["pointTimeUtc"] = DocumentValue.Time(task.PointTimeUtc),
        ["targetSequence"] = task.TargetSequence,
        ["sizeBytes"] = task.SizeBytes,
        ["readBytes"] = task.ReadBytes,
        ["transferredBytes"] = task.TransferredBytes,
        ["clonedBytes"] = task.ClonedBytes,
        ["reusedBytes"] = task.ReusedBytes,
        ["doneBytes"] = task.DoneBytes,
        ["totalBytes"] = task.TotalBytes,
        ["attempts"] = task.Attempts,
        ["bottleneck"] = task.Bottleneck.ToString(),
        ["startUtc"] = DocumentValue.Time(task.StartUtc),
        ["endUtc"] = DocumentValue.Time(task.EndUtc),
    };

    private static MachineTaskRecord ReadTask(DocumentReader fields) => new()
    {
        MachineId = fields.Id("machineId"),
        Machine = fields.Text("machine"),
        State = fields.Name<SessionState>("state"),
        Result = fields.Name<SessionResult>("result"),
        Reason = fields.Text("reason", ""),
        Error = fields.Text("error", ""),
        SourceRepository = fields.Text("sourceRepository", ""),
        SourceBackup = fields.Text("sourceBackup", ""),
        PointTimeUtc = fields.TimeOrNull("pointTimeUtc"),
        TargetSequence = fields.Number("targetSequence", 0),
        SizeBytes = fields.Number("sizeBytes", 0),
        ReadBytes = fields.Number("readBytes", 0),
        TransferredBytes = fields.Number("transferredBytes", 0),
        ClonedBytes = fields.Number("clonedBytes", 0),
        ReusedBytes = fields.Number("reusedBytes", 0),
        DoneBytes = fields.Number("doneBytes", 0),
        TotalBytes = fields.Number("totalBytes", 0),
        Attempts = (int)fields.Number("attempts", 1),
        Bottleneck = fields.TextOrNull("bottleneck") is null
            ? Bottleneck.None : fields.Name<Bottleneck>("bottleneck"),
        StartUtc = fields.Time("startUtc"),
        EndUtc = fields.TimeOrNull("endUtc"),
    };

    private static BsonDocument From(PhaseCheckpoint checkpoint) => new()
    {
        ["phase"] = checkpoint.Phase.ToString(),
        ["doneMachines"] =
            DocumentValue.Ids(checkpoint is PhaseCheckpoint.PerMachine phase ? phase.DoneMachineIds : []),
    };

    private static PhaseCheckpoint ReadCheckpoint(DocumentReader fields) =>
        PhaseCheckpoint.At(fields.Name<SyncPhase>("phase"), fields.Ids("doneMachines"));

    private static BsonDocument From(SessionEvent happened) => new()
    {
        ["timeUtc"] = DocumentValue.Time(happened.TimeUtc),
        ["phase"] = happened.Phase.ToString(),
        ["level"] = happened.Level.ToString(),
        ["text"] = happened.Text,
        ["machine"] = happened.Machine,
        ["id"] = (int)happened.Id,
    };

    private static SessionEvent ReadEvent(DocumentReader fields) => new(
        fields.Time("timeUtc"), fields.Name<SyncPhase>("phase"), fields.Name<EventLevel>("level"),
        fields.Text("text"), fields.TextOrNull("machine"),
        (SessionEventId)fields.Number("id", (int)SessionEventId.Note));
}
