using BackupCopy.Jobs;
using LiteDB;

namespace BackupCopy.Catalog;

/// <summary>
/// A <see cref="JobUpkeep"/> inside a job's document, and a tally of health inside a session's.
/// </summary>
internal static class UpkeepDocument
{
    public static BsonDocument From(JobUpkeep upkeep) => new()
    {
        ["healthCheckOn"] = upkeep.HealthCheckOn,
        ["healthCheckSinceUtc"] = DocumentValue.Time(upkeep.HealthCheckSinceUtc),
        ["compactOn"] = upkeep.CompactOn,
        ["compactSinceUtc"] = DocumentValue.Time(upkeep.CompactSinceUtc),
    };

    /// <summary>None for a job that was stored before there were such days.</summary>
    public static JobUpkeep Read(DocumentReader job) =>
        job.DocumentOrNull("upkeep", "upkeep of a job") is not { } fields ? new JobUpkeep() : new JobUpkeep
        {
            HealthCheckOn = fields.Text("healthCheckOn", ""),
            HealthCheckSinceUtc = fields.TimeOrNull("healthCheckSinceUtc"),
            CompactOn = fields.Text("compactOn", ""),
            CompactSinceUtc = fields.TimeOrNull("compactSinceUtc"),
        };

    public static BsonValue From(HealthTally health) => health.IsEmpty ? BsonValue.Null : new BsonDocument
    {
        ["checkedBytes"] = health.CheckedBytes,
        ["checkedPoints"] = health.CheckedPointCount,
        ["found"] = health.Found,
        ["healed"] = health.Healed,
        ["left"] = health.Left,
    };

    public static HealthTally ReadTally(DocumentReader session) =>
        session.DocumentOrNull("health", "health of a session") is not { } fields ? new HealthTally()
            : new HealthTally
            {
                CheckedBytes = fields.Number("checkedBytes", 0),
                CheckedPointCount = (int)fields.Number("checkedPoints", 0),
                Found = (int)fields.Number("found", 0),
                Healed = (int)fields.Number("healed", 0),
                Left = (int)fields.Number("left", 0),
            };
}
