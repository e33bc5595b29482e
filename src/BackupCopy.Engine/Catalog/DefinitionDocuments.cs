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
        ["images"] = repository.Images is { } images ? From(images) : BsonValue.Null,
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
            Images = fields.DocumentOrNull("images", "images of a repository") is { } images
                ? ReadImages(images) : null,
        };
    }

    private static BsonDocument From(ImageFolderSettings images) => new()
    {
        ["patterns"] = DocumentValue.Texts(images.Patterns),
        ["raw"] = images.Raw,
        ["settleTime"] = DocumentValue.Ticks(images.SettleTime),
    };

    private static ImageFolderSettings ReadImages(DocumentReader fields) => new()
    {
        Patterns = fields.Texts("patterns"),
        Raw = fields.Flag("raw", false),
        SettleTime = TimeSpan.FromTicks(
            fields.Number("settleTime", ImageFolderSettings.DefaultSettleTime.Ticks)),
    };
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
        ["retention"] = RetentionDocument.From(job.Retention),
        ["isEnabled"] = job.IsEnabled,
        ["schedule"] = ControlDocument.From(job.Schedule),
        ["scripts"] = ControlDocument.From(job.Scripts),
        ["reports"] = ControlDocument.From(job.Reports),
        ["upkeep"] = UpkeepDocument.From(job.Upkeep),
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
            Retention = RetentionDocument.Read(fields),
            IsEnabled = fields.Flag("isEnabled", true),
            Schedule = ControlDocument.ReadSchedule(fields),
            Scripts = ControlDocument.ReadScripts(fields),
            Reports = ControlDocument.ReadReports(fields),
            Upkeep = UpkeepDocument.Read(fields),
            MappedBackupFolder = fields.TextOrNull("mappedBackupFolder"),
            CreatedUtc = fields.Time("createdUtc"),
        };
    }
}

/// <summary>A <see cref="JobRetention"/> inside a job's document.</summary>
internal static class RetentionDocument
{
    public static BsonDocument From(JobRetention retention) => new()
    {
        ["keepPoints"] = DocumentValue.Number(retention.KeepPoints),
        ["keepDays"] = DocumentValue.Number(retention.KeepDays),
        ["weekly"] = retention.Weekly,
        ["weeklyOn"] = retention.WeeklyOn,
        ["monthly"] = retention.Monthly,
        ["monthlyOn"] = retention.MonthlyOn,
        ["quarterly"] = retention.Quarterly,
        ["quarterlyOn"] = retention.QuarterlyOn,
        ["yearly"] = retention.Yearly,
        ["yearlyOn"] = retention.YearlyOn,
        ["timeZone"] = retention.TimeZone,
        ["readEntirePoint"] = retention.ReadEntirePoint,
        ["activeFullOn"] = retention.ActiveFullOn,
        ["removeDeletedAfterDays"] = retention.RemoveDeletedAfterDays,
    };

    /// <summary>The default for a job that was stored before jobs had a retention.</summary>
    public static JobRetention Read(DocumentReader job)
    {
        if (job.DocumentOrNull("retention", "retention of a job") is not { } fields)
        {
            return new JobRetention();
        }

        return new JobRetention
        {
            KeepPoints = (int?)fields.NumberOrNull("keepPoints"),
            KeepDays = (int?)fields.NumberOrNull("keepDays"),
            Weekly = fields.Text("weekly", ""),
            WeeklyOn = fields.Text("weeklyOn", ""),
            Monthly = fields.Text("monthly", ""),
            MonthlyOn = fields.Text("monthlyOn", ""),
            Quarterly = fields.Text("quarterly", ""),
            QuarterlyOn = fields.Text("quarterlyOn", ""),
            Yearly = fields.Text("yearly", ""),
            YearlyOn = fields.Text("yearlyOn", ""),
            TimeZone = fields.Text("timeZone", ""),
            ReadEntirePoint = fields.Flag("readEntirePoint", false),
            ActiveFullOn = fields.Text("activeFullOn", ""),
            RemoveDeletedAfterDays = (int)fields.Number("removeDeletedAfterDays", 0),
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

    public static BsonValue Day(DateOnly? day) =>
        day is { } known ? new BsonValue(known.DayNumber) : BsonValue.Null;

    public static BsonValue Ticks(TimeSpan? span) =>
        span is { } known ? new BsonValue(known.Ticks) : BsonValue.Null;

    public static BsonValue Number(int? number) =>
        number is { } known ? new BsonValue((long)known) : BsonValue.Null;

    public static BsonArray Texts(IEnumerable<string> texts) =>
        new(texts.Select(text => new BsonValue(text)));

    public static BsonArray Ids(IEnumerable<Guid> ids) =>
        new(ids.Select(id => new BsonValue(id)));
}
