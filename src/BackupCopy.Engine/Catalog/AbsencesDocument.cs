using BackupCopy.Jobs;
using LiteDB;

namespace BackupCopy.Catalog;

/// <summary>The absent machines of one job as one document.</summary>
internal static class AbsencesDocument
{
    public static BsonDocument From(Guid jobId, IReadOnlyList<AbsentMachine> machines) => new()
    {
        ["_id"] = jobId,
        ["machines"] = new BsonArray(machines.Select(From)),
    };

    public static IReadOnlyList<AbsentMachine> Read(BsonDocument document, string catalog) =>
    [
        .. new DocumentReader(catalog, "list of absent machines", document)
            .Documents("machines", "absent machine").Select(Read),
    ];

    private static BsonDocument From(AbsentMachine machine) => new()
    {
        ["machineId"] = machine.MachineId,
        ["absentSinceUtc"] = DocumentValue.Time(machine.AbsentSinceUtc),
        ["lastAbsentUtc"] = DocumentValue.Time(machine.LastAbsentUtc),
        ["absentSessionCount"] = machine.AbsentSessionCount,
        ["announcedUtc"] = DocumentValue.Time(machine.AnnouncedUtc),
    };

    // Catalogs of versions that did not count still tell the first session and the last.
    private static int KnownSessions(DocumentReader fields) =>
        fields.Time("lastAbsentUtc") > fields.Time("absentSinceUtc") ? 2 : 1;

    private static AbsentMachine Read(DocumentReader fields) => new()
    {
        MachineId = fields.Id("machineId"),
        AbsentSinceUtc = fields.Time("absentSinceUtc"),
        LastAbsentUtc = fields.Time("lastAbsentUtc"),
        AbsentSessionCount = (int)Math.Clamp(
            fields.Number("absentSessionCount", KnownSessions(fields)), 0, int.MaxValue),
        AnnouncedUtc = fields.TimeOrNull("announcedUtc"),
    };
}
