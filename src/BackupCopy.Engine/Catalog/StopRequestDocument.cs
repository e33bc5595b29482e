using BackupCopy.Jobs;
using LiteDB;

namespace BackupCopy.Catalog;

/// <summary>A <see cref="StopRequest"/> as a document; a job has at most one.</summary>
internal static class StopRequestDocument
{
    public static BsonDocument From(StopRequest request) => new()
    {
        ["_id"] = request.JobId,
        ["session"] = request.SessionId,
        ["afterCurrentMachines"] = request.AfterCurrentMachines,
        ["askedUtc"] = DocumentValue.Time(request.AskedUtc),
        ["askedBy"] = request.AskedBy,
    };

    public static StopRequest Read(BsonDocument document, string catalog)
    {
        var fields = new DocumentReader(catalog, "request to stop", document);
        return new StopRequest
        {
            JobId = fields.Id("_id"),
            SessionId = fields.Id("session"),
            AfterCurrentMachines = fields.Flag("afterCurrentMachines", false),
            AskedUtc = fields.Time("askedUtc"),
            AskedBy = fields.Text("askedBy", ""),
        };
    }
}
