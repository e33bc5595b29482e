using BackupCopy.Inventory;
using BackupCopy.Jobs;
using BackupCopy.Reporting;

namespace BackupCopy.Tests.Running.Delivery;

/// <summary>Sessions to report on.</summary>
internal static class ReportSamples
{
    public static DateTime StartUtc { get; } = new(2026, 11, 1, 22, 0, 0, DateTimeKind.Utc);

    /// <summary>One of each result, with names that are longer and stranger than any table likes.</summary>
    public static SessionRecord Mixed { get; } = Session(
        "Nightly to Offsite", SessionResult.Failed,
        Machine("web01", SessionResult.Success, minutes: 3),
        Machine("db01", SessionResult.Success, minutes: 12),
        Machine("files01", SessionResult.Success, minutes: 0, isCopied: false) with
        {
            Reason = "Nothing is newer than what was copied last.",
        },
        Machine("erp-" + new string('x', 60), SessionResult.Warning, minutes: 7) with
        {
            Reason = "The interval ended before the first full was whole; the next one goes on with it.",
        },
        Machine("<script>alert('x')</script>", SessionResult.Failed, minutes: 1, isCopied: false) with
        {
            Reason = "/mnt/offsite/Nightly.6f0a/" + new string('b', 90) + "/0000000001.bcblocks: the storage "
                + "is full. Free space or enlarge the storage and run the job again.",
            Error = "TargetFull",
        }) with
    {
        Reason = "1 of 5 machines failed.",
        RemovedPointCount = 3,
        FreedBytes = 18L << 30,
        RetentionDebt = 2,
    };

    public static SessionRecord AllWell { get; } = Session(
        "Nightly", SessionResult.Success,
        Machine("web01", SessionResult.Success, minutes: 3),
        Machine("db01", SessionResult.Success, minutes: 12));

    public static SessionInfo Info(SessionRecord session) => SessionInfo.From(session, StartUtc.AddDays(1));

    public static SessionRecord Session(string job, SessionResult result, params MachineTaskRecord[] tasks)
    {
        var session = new SessionRecord
        {
            Id = Identity.OfMachine("session " + job),
            JobId = Identity.OfMachine("job " + job),
            JobName = job,
            State = SessionState.Completed,
            Result = result,
            StartUtc = StartUtc,
            EndUtc = StartUtc.AddMinutes(13),
            Runner = "test",
            Checkpoint = new PhaseCheckpoint.Transforming([]),
            Tasks = tasks,
        };
        foreach (var task in tasks.Where(t => t.Result != SessionResult.Success))
        {
            session = session.With(
                StartUtc.AddMinutes(5), task.Result == SessionResult.Failed
                    ? EventLevel.Error : EventLevel.Warning, task.Reason, task.Machine);
        }

        return session.With(
            StartUtc.AddMinutes(12), EventLevel.Warning,
            "The restore point of 2026-10-02 00:00:00 should be gone and is not: somebody reads it.", "db01")
        with
        {
            Checkpoint = new PhaseCheckpoint.Idle(),
        };
    }

    public static MachineTaskRecord Machine(
        string name, SessionResult result, int minutes, bool isCopied = true) => new()
    {
        MachineId = Identity.OfMachine(name),
        Machine = name,
        State = SessionState.Completed,
        Result = result,
        SourceRepository = "Primary",
        PointTimeUtc = isCopied ? StartUtc.AddMinutes(-20) : null,
        TargetSequence = isCopied ? 7 : 0,
        SizeBytes = isCopied ? 40L << 30 : 0,
        ReadBytes = isCopied ? 1288490189 : 0,
        TransferredBytes = isCopied ? 601295421 : 0,
        StartUtc = StartUtc.AddSeconds(5),
        EndUtc = StartUtc.AddSeconds(5).AddMinutes(minutes),
    };
}
