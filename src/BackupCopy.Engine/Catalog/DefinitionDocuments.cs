using BackupCopy.Jobs;
using LiteDB;

namespace BackupCopy.Catalog;

/// <summary>A <see cref="RepositoryDefinition"/> as a document.</summary>
internal static class RepositoryDocument
{
    public static BsonDocument From(RepositoryDefinition repository) => new()
    {
        ["_id"] = repository.Id,
        ["name"] = repository.Name,
        ["path"] = repository.Path,
        ["maxTasks"] = repository.MaxTasks,
        ["maxRateBytesPerSecond"] = repository.MaxRateBytesPerSecond,
        ["addedUtc"] = DocumentValue.Time(repository.AddedUtc),
    };

    public static RepositoryDefinition Read(BsonDocument document, string catalog)
    {
        var fields = new DocumentReader(catalog, "repository", document);
        return new RepositoryDefinition
        {
            Id = fields.Id("_id"),
            Name = fields.Text("name"),
            Path = fields.Text("path"),
            MaxTasks = (int)fields.Number("maxTasks", RepositoryDefinition.DefaultMaxTasks),
            MaxRateBytesPerSecond = fields.Number("maxRateBytesPerSecond", 0),
            AddedUtc = fields.Time("addedUtc"),
        };
    }
}

/// <summary>A <see cref="JobDefinition"/> as a document.</summary>
internal static class JobDocument
{
    public static BsonDocument From(JobDefinition job) => new()
    {
        ["_id"] = job.Id,
        ["name"] = job.Name,
        ["target"] = job.TargetRepositoryId,
        ["sources"] = DocumentValue.Ids(job.SourceRepositoryIds),
        ["machines"] = DocumentValue.Texts(job.Selection.Machines),
        ["exclude"] = DocumentValue.Texts(job.Selection.Exclude),
        ["fromJobs"] = DocumentValue.Texts(job.Selection.FromJobs),
        ["fromBackups"] = DocumentValue.Texts(job.Selection.FromBackups),
        ["parallel"] = job.Parallel,
        ["compression"] = job.Compression,
        ["mappedBackupFolder"] = job.MappedBackupFolder,
        ["createdUtc"] = DocumentValue.Time(job.CreatedUtc),
    };

    public static JobDefinition Read(BsonDocument document, string catalog)
    {
        var fields = new DocumentReader(catalog, "job", document);
        return new JobDefinition
        {
            Id = fields.Id("_id"),
            Name = fields.Text("name"),
            TargetRepositoryId = fields.Id("target"),
            SourceRepositoryIds = fields.Ids("sources"),
            Selection = new JobSelection
            {
                Machines = fields.Texts("machines"),
                Exclude = fields.Texts("exclude"),
                FromJobs = fields.Texts("fromJobs"),
                FromBackups = fields.Texts("fromBackups"),
            },
            Parallel = (int)fields.Number("parallel", JobDefinition.DefaultParallel),
            Compression = fields.TextOrNull("compression"),
            MappedBackupFolder = fields.TextOrNull("mappedBackupFolder"),
            CreatedUtc = fields.Time("createdUtc"),
        };
    }
}

/// <summary>Values in the form in which <see cref="DocumentReader"/> reads them back.</summary>
internal static class DocumentValue
{
    public static BsonValue Time(DateTime time) => time.Kind == DateTimeKind.Utc
        ? new BsonValue(time.Ticks)
        : throw new ArgumentException($"{time:o} is not UTC.", nameof(time));

    public static BsonValue Time(DateTime? time) => time is { } known ? Time(known) : BsonValue.Null;

    public static BsonArray Texts(IEnumerable<string> texts) =>
        new(texts.Select(text => new BsonValue(text)));

    public static BsonArray Ids(IEnumerable<Guid> ids) =>
        new(ids.Select(id => new BsonValue(id)));
}
