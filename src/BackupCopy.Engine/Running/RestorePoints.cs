using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Copying;
using BackupCopy.Format;
using BackupCopy.Images.Writing;
using BackupCopy.Inventory;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Restoring;
using BackupCopy.Running.Imaging;
using BackupCopy.Sources;

namespace BackupCopy.Running;

/// <summary>A restore point to make from images.</summary>
public sealed record NewRestorePoint
{
    public required string Repository { get; init; }
    public required string Machine { get; init; }

    /// <summary>One image a disk, or archives of whole machines; absolute paths.</summary>
    public required IReadOnlyList<string> Images { get; init; }

    /// <summary>The bytes of the files are the disks, whatever they look like.</summary>
    public bool Raw { get; init; }

    /// <summary>Small files that travel with the point, absolute paths.</summary>
    public IReadOnlyList<string> Attachments { get; init; } = [];

    /// <summary>The backup that the point belongs to.</summary>
    /// <value>"Manual" unless given.</value>
    public string Backup { get; init; } = "Manual";

    /// <summary>The time of the machine's state; null is now.</summary>
    public DateTime? Time { get; init; }
}

/// <summary>Which restore points to list; the names may hold wildcards.</summary>
public sealed record RestorePointQuery
{
    public IReadOnlyList<string> Repositories { get; init; } = [];
    public IReadOnlyList<string> Backups { get; init; } = [];
    public IReadOnlyList<string> Machines { get; init; } = [];

    /// <summary>Only so many of each machine in each backup, the newest; null for all.</summary>
    public int? Newest { get; init; }
    public DateTime? After { get; init; }
    public DateTime? Before { get; init; }

    /// <summary>Also points in the making, left behind, set aside or damaged.</summary>
    public bool IncludeIncomplete { get; init; }
}

/// <summary>Restore points: made from images, listed, exported, held and removed.</summary>
public sealed partial class RestorePoints
{
    private readonly Engine _engine;

    internal RestorePoints(Engine engine) => _engine = engine;

    /// <summary>Reads images into a new restore point of a repository.</summary>
    public async Task<RestorePointInfo> CreateAsync(
        NewRestorePoint request, IProgress<IReadOnlyList<MachineProgress>>? progress,
        CancellationToken cancellation)
    {
        CheckName("machine", request.Machine);
        CheckName("backup", request.Backup);
        if (request.Images.Count is 0 or > FormatLimits.Disks)
        {
            throw new BackupCopyException(
                ErrorCode.InvalidArgument,
                $"A machine has 1 to {FormatLimits.Disks} disks, not {request.Images.Count}.",
                "Name one image a disk with -Path.");
        }

        var definition = _engine.Repository(request.Repository);
        var repository = _engine.Open(definition);
        var copy = new CopyProgress();
        var given = AttachmentFiles.Read(request.Attachments);
        using var images = ImageSet.Open(
            [.. request.Images.Select(p => new ImagePath(p, Path.GetFileName(p)))], root: null, request.Raw,
            cancellation);
        var attachments = AttachmentNames.Distinct([.. given, .. images.Attachments]);
        try
        {
            var jobId = Identity.OfBackup(request.Backup);
            var machineId = Identity.OfMachine(request.Machine);
            var backup = repository.BackupFor(request.Backup, jobId);
            var chain = backup.ChainFor(request.Machine, machineId);
            var append = new AppendRequest
            {
                MachineId = machineId,
                MachineName = chain.Newest()?.File?.MachineName ?? request.Machine,
                JobId = jobId,
                JobName = request.Backup,
                TimeUtc = request.Time?.ToUniversalTime() ?? _engine.NowUtc,
                NowUtc = _engine.NowUtc,
                BlockSizeBytes = repository.File.BlockSizeBytes,
                Compression = repository.File.Compression,
                Purpose = $"reading images of {request.Machine}",
            };
            await using var pump = ProgressPump.Of(
                progress, request.Machine, "Reading images", copy, _engine.Time);
            var options = new CopyOptions { Throttle = Limits.ShareOf(definition, _engine.Time) };
            using var slot = await Limits.TakeSlotAsync(repository, definition, _engine.Time, cancellation);
            var point = await PointCopy.FromImagesAsync(
                images.Disks, attachments, chain, append, options, copy, cancellation);
            BackupSummaries.Refresh(backup);
            return Listing(definition, backup, chain).Find(point.Sequence)!;
        }
        catch (BackupCopyException error) when (error.Code == ErrorCode.TargetFull)
        {
            throw Limits.Full(error, definition, copy);
        }
    }

    /// <summary>The points that match: by repository, backup and machine, oldest first.</summary>
    /// <param name="unavailable">Told of repositories that cannot be read.</param>
    public IEnumerable<RestorePointInfo> List(
        RestorePointQuery query, Action<BackupCopyException>? unavailable = null)
    {
        var owners = new BackupOwners(_engine);
        foreach (var definition in _engine.Catalog.Repositories())
        {
            if (!Wildcard.MatchesAny(query.Repositories, definition.Name))
            {
                continue;
            }

            IEnumerable<RestorePointInfo> points;
            try
            {
                points = ImageRepository.Open(_engine, definition) is { } images
                    ? List(query, images)
                    : _engine.Open(definition).Backups()
                        .SelectMany(b => List(query, definition, b, owners));
            }
            catch (BackupCopyException error)
            {
                unavailable?.Invoke(error);
                continue;
            }

            foreach (var point in points)
            {
                yield return point;
            }
        }
    }

    /// <summary>
    /// Exports the disks of a point and its attachments into a folder of its own below the destination.
    /// </summary>
    /// <param name="disks">Disk names, with wildcards; empty for all.</param>
    /// <returns>The files.</returns>
    public async Task<IReadOnlyList<string>> ExportAsync(
        RestorePointInfo point, string destination, IReadOnlyList<string> disks, bool replace,
        IProgress<IReadOnlyList<MachineProgress>>? progress, CancellationToken cancellation,
        ExportFormat format = ExportFormat.Raw)
    {
        var (definition, _, chain) = PlaceOf(point);
        var found = chain.Points().FirstOrDefault(p => p.Sequence == point.Sequence) ?? throw Gone(point);
        using var reader = chain.OpenPoint(found);
        var chosen = reader.Point.Disks.Where(d => Wildcard.MatchesAny(disks, d.Name)).ToList();
        if (chosen.Count == 0)
        {
            throw new BackupCopyException(
                ErrorCode.DiskNotFound,
                $"No disk of {point.Machine} is called {string.Join(" or ", disks)}: it has "
                + $"{string.Join(", ", reader.Point.Disks.Select(d => d.Name))}.",
                "Name one of these, or leave -Disk out for all.");
        }

        var copy = new CopyProgress();
        await using var pump = ProgressPump.Of(progress, point.Machine, "Exporting", copy, _engine.Time);
        var options = new CopyOptions { Throttle = Limits.ShareOf(definition, _engine.Time) };
        var export = new PointExport(reader, _engine.Storage, format, options, copy);
        return await export.RunAsync(
            chosen, PointExport.FolderFor(Path.GetFullPath(destination), reader.Point), replace,
            cancellation);
    }

    private static List<RestorePointInfo> List(RestorePointQuery query, ImageRepository images) =>
    [
        .. ImageListing.Of(images).Where(p => Matches(query, p))
            .GroupBy(p => (p.MachineId, p.JobId))
            .SelectMany(m => query.Newest is { } count ? m.TakeLast(count) : m),
    ];

    private IEnumerable<RestorePointInfo> List(
        RestorePointQuery query, RepositoryDefinition definition, BackupFolder backup, BackupOwners owners)
    {
        var job = owners.JobOf(definition.Id, backup);
        foreach (var chain in backup.Chains())
        {
            var listing = new ChainListing(definition, backup, chain, job, _engine.NowUtc);
            var matching = listing.All(query.IncludeIncomplete).Where(p => Matches(query, p)).ToList();
            foreach (var point in query.Newest is { } count ? matching.TakeLast(count) : matching)
            {
                yield return listing.Tell(point);
            }
        }
    }

    private static bool Matches(RestorePointQuery query, RestorePointInfo point) =>
        (query.IncludeIncomplete || point.State == RestorePointState.Complete)
        && Wildcard.MatchesAny(query.Machines, point.Machine)
        && (query.Backups.Count == 0
            || query.Backups.Any(
                b => Wildcard.Matches(b, point.Backup) || Wildcard.Matches(b, point.BackupFolder)))
        && (query.After is null || point.Time > query.After.Value.ToLocalTime())
        && (query.Before is null || point.Time < query.Before.Value.ToLocalTime());

    private static void CheckName(string what, string name)
    {
        if (!Names.IsAcceptable(name, out var reason))
        {
            throw new BackupCopyException(
                ErrorCode.InvalidName, $"\"{name}\" cannot be a {what}'s name: {reason}.",
                "Choose another name.");
        }
    }
}
