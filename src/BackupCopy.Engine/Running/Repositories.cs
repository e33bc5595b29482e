using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Inventory;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running.Imaging;

namespace BackupCopy.Running;

/// <summary>Repositories: made, attached, looked at, rescanned and forgotten.</summary>
public sealed class Repositories
{
    private readonly Engine _engine;

    internal Repositories(Engine engine) => _engine = engine;

    /// <summary>Makes a repository in an empty or new folder.</summary>
    /// <param name="blockSizeBytes">256 KB, 512 KB, 1 MB or 4 MB.</param>
    /// <param name="releaseMode">How space returns; null takes what the storage can do.</param>
    public RepositoryInfo Create(
        string name, string path, int blockSizeBytes, Compression compression,
        ReleaseMode? releaseMode = null)
    {
        var full = CheckNew(name, path, blockSizeBytes);
        var folder = RepositoryFolder.Create(
            _engine.Storage, full, blockSizeBytes, compression, _engine.NowUtc, releaseMode);
        return Add(name, folder);
    }

    /// <summary>
    /// Throws what <see cref="Create"/> would, as far as that can be told without writing; makes nothing.
    /// </summary>
    public void CheckCreate(string name, string path, int blockSizeBytes) =>
        RepositoryFolder.CheckPlace(_engine.Storage, CheckNew(name, path, blockSizeBytes));

    /// <summary>Adds a folder of images that other programs write; nothing is written into it.</summary>
    public RepositoryInfo CreateImages(string name, string path, ImageFolderSettings images)
    {
        var full = CheckCreateImages(name, path, images).Path;
        var definition = new RepositoryDefinition
        {
            Id = Guid.NewGuid(),
            Name = name,
            Path = full,
            AddedUtc = _engine.NowUtc,
            Images = images,
        };
        _engine.Catalog.AddRepository(definition);
        return Describe(definition);
    }

    /// <summary>
    /// Throws what <see cref="CreateImages"/> would, and says what the folder holds by these patterns.
    /// </summary>
    public ImageFolderLook CheckCreateImages(string name, string path, ImageFolderSettings images)
    {
        CheckName(name);
        return _engine.Catalog.FindRepository(name) is { } taken
            ? throw NameTaken(taken) : ImageFolders.Check(_engine, Path.GetFullPath(path), images);
    }

    /// <summary>Attaches an existing repository, for instance after a reinstall.</summary>
    /// <param name="name">Null takes the folder's name.</param>
    public RepositoryInfo Register(string path, string? name)
    {
        var full = Path.GetFullPath(path);
        name ??= Path.GetFileName(Path.TrimEndingDirectorySeparator(full));
        CheckName(name);
        return Add(name, RepositoryFolder.Open(_engine.Storage, full));
    }

    /// <summary>Forgets a repository; no file of it changes.</summary>
    /// <returns>What the catalog knew.</returns>
    public RepositoryDefinition Unregister(string name) =>
        _engine.Catalog.RemoveRepository(_engine.Repository(name).Id);

    /// <summary>
    /// The repositories whose names match, by name. Unavailable ones are listed with the reason.
    /// </summary>
    public IEnumerable<RepositoryInfo> List(string pattern = "*") =>
        _engine.Catalog.Repositories().Where(r => Wildcard.Matches(pattern, r.Name)).Select(Describe);

    /// <summary>The names that match, without a look at the repositories themselves.</summary>
    public IEnumerable<string> Names(string pattern = "*") =>
        _engine.Catalog.Repositories().Select(r => r.Name).Where(n => Wildcard.Matches(pattern, n));

    public RepositoryInfo Get(string name) => Describe(_engine.Repository(name));

    /// <summary>
    /// Changes what the catalog knows, and how space returns, which the repository itself knows; null leaves
    /// a value as it is.
    /// </summary>
    public RepositoryInfo Update(
        string name, string? newName, string? path, int? maxTasks, long? maxRateBytesPerSecond,
        ReleaseMode? releaseMode = null, ImageFolderChange? images = null)
    {
        var known = _engine.Repository(name);
        var folder = CheckChange(known, newName, path, maxTasks, maxRateBytesPerSecond, releaseMode, images);
        var changed = _engine.Catalog.UpdateRepository(
            known.Id, r => Change(r, newName, path, maxTasks, maxRateBytesPerSecond, images));
        if (releaseMode is not null)
        {
            folder!.SetReleaseMode(releaseMode.Value);
        }

        return Describe(changed);
    }

    /// <summary>Throws what <see cref="Update"/> would; changes nothing.</summary>
    /// <returns>The names of the settings that would become different.</returns>
    public IReadOnlyList<string> CheckUpdate(
        string name, string? newName, string? path, int? maxTasks, long? maxRateBytesPerSecond,
        ReleaseMode? releaseMode = null, ImageFolderChange? images = null)
    {
        var known = _engine.Repository(name);
        var folder = CheckChange(known, newName, path, maxTasks, maxRateBytesPerSecond, releaseMode, images);
        if (newName is not null
            && _engine.Catalog.FindRepository(newName) is { } taken && taken.Id != known.Id)
        {
            throw NameTaken(taken);
        }

        var changed = Change(known, newName, path, maxTasks, maxRateBytesPerSecond, images);
        return
        [
            .. Name(known.Name != changed.Name, "Name"),
            .. Name(known.Path != changed.Path, "Path"),
            .. Name(known.MaxTasks != changed.MaxTasks, "MaxTasks"),
            .. Name(known.MaxRateBytesPerSecond != changed.MaxRateBytesPerSecond, "MaxRate"),
            .. Name((releaseMode ?? folder?.File.EffectiveReleaseMode) != folder?.File.EffectiveReleaseMode,
                "ReleaseMode"),
            .. Name(!Patterns(known).SequenceEqual(Patterns(changed)), "Pattern"),
            .. Name(known.Images?.Raw != changed.Images?.Raw, "Raw"),
            .. Name(known.Images?.SettleTime != changed.Images?.SettleTime, "SettleTime"),
        ];

        static IReadOnlyList<string> Patterns(RepositoryDefinition repository) =>
            repository.Images?.Patterns ?? [];

        static string[] Name(bool isChanged, string setting) => isChanged ? [setting] : [];
    }

    /// <summary>
    /// Looks at every file, rebuilds lost indexes and backup.json, and names what does not verify.
    /// </summary>
    /// <param name="deep">
    /// Also compares the maps of all restore points with what is stored, and gives back what none uses.
    /// </param>
    public RescanResult Rescan(string name, CancellationToken cancellation, bool deep = false)
    {
        var definition = _engine.Repository(name);
        return new RepositoryRescan(definition.Name, _engine.Open(definition), deep).Run(cancellation);
    }

    private string CheckNew(string name, string path, int blockSizeBytes)
    {
        CheckName(name);
        if (!BlockSize.Allowed.Contains(blockSizeBytes))
        {
            throw new BackupCopyException(
                ErrorCode.InvalidArgument, $"A block size of {blockSizeBytes} bytes is not possible.",
                "Choose 256KB, 512KB, 1MB or 4MB.");
        }

        return _engine.Catalog.FindRepository(name) is { } taken
            ? throw NameTaken(taken) : Path.GetFullPath(path);
    }

    // The folder is opened where the change concerns it.
    private RepositoryFolder? CheckChange(
        RepositoryDefinition known, string? newName, string? path, int? maxTasks, long? maxRateBytesPerSecond,
        ReleaseMode? releaseMode, ImageFolderChange? change)
    {
        if (newName is not null)
        {
            CheckName(newName);
        }

        if (maxTasks is < 1 or > 64)
        {
            throw new BackupCopyException(
                ErrorCode.InvalidArgument, $"{maxTasks} tasks at once are not possible.", "Choose 1 to 64.");
        }

        if (maxRateBytesPerSecond < 0)
        {
            throw new BackupCopyException(
                ErrorCode.InvalidArgument, "A rate cannot be negative.",
                "Choose a rate such as 20MB/s, or 0 for none.");
        }

        if (path is null && releaseMode is null && change is not { IsNothing: false })
        {
            return null;
        }

        var full = path is null ? known.Path : Path.GetFullPath(path);
        if (known.Images is not null || change is { IsNothing: false })
        {
            ImageFolders.CheckChange(_engine, known, full, change ?? new ImageFolderChange(), releaseMode);
            return null;
        }

        var folder = RepositoryFolder.Open(_engine.Storage, full, known.Id);
        if (releaseMode is not null)
        {
            folder.EnsureCanRelease(releaseMode.Value);
        }

        return folder;
    }

    private static RepositoryDefinition Change(
        RepositoryDefinition repository, string? newName, string? path, int? maxTasks,
        long? maxRateBytesPerSecond, ImageFolderChange? images) => repository with
        {
            Name = newName ?? repository.Name,
            Path = path is null ? repository.Path : Path.GetFullPath(path),
            MaxTasks = maxTasks ?? repository.MaxTasks,
            MaxRateBytesPerSecond = maxRateBytesPerSecond ?? repository.MaxRateBytesPerSecond,
            Images = repository.Images is { } known ? images?.Of(known) ?? known : null,
        };

    private static void CheckName(string name)
    {
        if (!Format.Names.IsAcceptable(name, out var reason))
        {
            throw new BackupCopyException(
                ErrorCode.InvalidName, $"\"{name}\" cannot be a repository's name: {reason}.",
                "Choose another name.");
        }
    }

    private static BackupCopyException NameTaken(RepositoryDefinition taken) => new(
        ErrorCode.RepositoryNameTaken, $"The name {taken.Name} is taken by the repository at {taken.Path}.",
        "Choose another name.");

    private RepositoryInfo Add(string name, RepositoryFolder folder)
    {
        if (_engine.Catalog.FindRepository(folder.File.Id) is { } known)
        {
            throw new BackupCopyException(
                ErrorCode.RepositoryExists,
                $"The repository at {folder.Path} is known already as {known.Name}.",
                $"Use {known.Name}; if it moved, say so with Set-BackupCopyRepository {known.Name} -Path.");
        }

        var definition = new RepositoryDefinition
        {
            Id = folder.File.Id,
            Name = name,
            Path = folder.Path,
            AddedUtc = _engine.NowUtc,
        };
        _engine.Catalog.AddRepository(definition);
        return Describe(definition);
    }

    private RepositoryInfo Describe(RepositoryDefinition definition)
    {
        var info = new RepositoryInfo
        {
            Id = definition.Id,
            Name = definition.Name,
            Path = definition.Path,
            State = RepositoryState.Unavailable,
            MaxTasks = definition.MaxTasks,
            MaxRateBytesPerSecond = definition.MaxRateBytesPerSecond,
            Kind = definition.Images is null ? RepositoryKind.RestorePoints : RepositoryKind.Images,
            Pattern = definition.Images?.Patterns ?? [],
            Raw = definition.Images?.Raw ?? false,
            SettleTime = definition.Images?.SettleTime ?? default,
        };
        try
        {
            if (ImageRepository.Open(_engine, definition) is { } images)
            {
                return ImageFolders.Describe(info, images);
            }

            var folder = _engine.Open(definition);
            var summaries = folder.Backups().Select(BackupSummary.Of).OfType<BackupSummary>().ToList();
            return info with
            {
                State = folder.IsReadOnly ? RepositoryState.ReadOnly : RepositoryState.Available,
                BlockSizeBytes = folder.File.BlockSizeBytes,
                Compression = folder.File.Compression,
                ReleaseMode = folder.File.EffectiveReleaseMode,
                BackupCount = summaries.Count,
                MachineCount = summaries.SelectMany(s => s.Machines)
                    .Select(m => m.MachineId).Distinct().Count(),
                RestorePointCount = summaries.Sum(s => s.PointCount),
                StoredBytes = summaries.Sum(s => s.StoredBytes),
                FreeBytes = _engine.Storage.FreeBytes(folder.Path),
            };
        }
        catch (BackupCopyException error)
        {
            return info with { Reason = error.Message };
        }
    }
}
