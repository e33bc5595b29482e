using BackupCopy.Jobs;
using LiteDB;

namespace BackupCopy.Catalog;

/// <summary>An <see cref="OutboxItem"/> as a document.</summary>
internal static class OutboxDocument
{
    public static BsonDocument From(OutboxItem item) => new()
    {
        ["_id"] = item.Id,
        ["channel"] = item.Channel.ToString(),
        ["session"] = item.SessionId is { } session ? new BsonValue(session) : BsonValue.Null,
        ["sinceUtc"] = DocumentValue.Time(item.SinceUtc),
        ["untilUtc"] = DocumentValue.Time(item.UntilUtc),
        ["jobs"] = DocumentValue.Ids(item.JobIds),
        ["to"] = DocumentValue.Texts(item.To),
        ["createdUtc"] = DocumentValue.Time(item.CreatedUtc),
        ["attempts"] = item.Attempts,
        ["serverFailures"] = item.ServerFailures,
        ["nextTryUtc"] = DocumentValue.Time(item.NextTryUtc),
        ["error"] = item.Error,
    };

    public static OutboxItem Read(BsonDocument document, string catalog)
    {
        var fields = new DocumentReader(catalog, "queued report", document);
        return new OutboxItem
        {
            Id = fields.Id("_id"),
            Channel = fields.Name<ReportChannel>("channel"),
            SessionId = fields.IdOrNull("session"),
            SinceUtc = fields.TimeOrNull("sinceUtc"),
            UntilUtc = fields.TimeOrNull("untilUtc"),
            JobIds = fields.Ids("jobs"),
            To = fields.Texts("to"),
            CreatedUtc = fields.Time("createdUtc"),
            Attempts = (int)fields.Number("attempts", 0),
            ServerFailures = (int)fields.Number("serverFailures", 0),
            NextTryUtc = fields.Time("nextTryUtc"),
            Error = fields.Text("error", ""),
        };
    }
}
