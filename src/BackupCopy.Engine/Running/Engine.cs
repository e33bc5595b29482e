using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using BackupCopy.Catalog;
using BackupCopy.Chains;
using BackupCopy.Jobs;
using BackupCopy.Running.Delivery;
using BackupCopy.Running.Keeping;
using BackupCopy.Running.Logging;
using BackupCopy.Running.Scripts;
using BackupCopy.Running.Service;
using BackupCopy.Running.Upkeep;
using BackupCopy.Sources.Writers;
using BackupCopy.Storage;
using Microsoft.Extensions.Logging;

namespace BackupCopy.Running;

/// <summary>
/// The engine as the cmdlets use it: one catalog, and what can be done with the repositories, backups,
/// restore points, jobs and sessions in it. Composes its parts by hand; holds nothing open between calls.
/// </summary>
public sealed class Engine
{
    private readonly Lazy<EngineLog> _log;
    private readonly ConcurrentDictionary<TimeSpan, SettleWatch> _settling = [];

    /// <param name="catalogPath">The catalog file or its folder; null for the default place.</param>
    /// <param name="time">The clock; null for the system's.</param>
    public Engine(string? catalogPath = null, TimeProvider? time = null)
        : this(
            new CatalogStore(CatalogLocation.Resolve(catalogPath)), LocalStorage.Instance,
            time ?? TimeProvider.System)
    {
    }

    /// <param name="log">Where it logs to instead of the files beside the catalog.</param>
    public Engine(string? catalogPath, TimeProvider? time, ILoggerFactory log)
        : this(
            new CatalogStore(CatalogLocation.Resolve(catalogPath)), LocalStorage.Instance,
            time ?? TimeProvider.System, log)
    {
    }

    internal Engine(CatalogStore catalog, IStorage storage, TimeProvider time, ILoggerFactory? log = null)
    {
        _log = new Lazy<EngineLog>(() => new EngineLog(
            log?.CreateLogger(EngineLog.Category)
            ?? new JsonLines(
                new RollingLog(CatalogPath, time), time,
                JsonLines.LevelOf(Environment.GetEnvironmentVariable(EngineLog.LevelVariable)))));
        Catalog = catalog;
        Storage = storage;
        Time = time;
        Repositories = new Repositories(this);
        RestorePoints = new RestorePoints(this);
        Backups = new Backups(this);
        Jobs = new CopyJobs(this);
        Sessions = new Sessions(this);
        Retention = new Retentions(this);
        Health = new HealthChecks(this);
        Compaction = new Compactions(this);
        Service = new CopyService(this);
        StopBoard = new StopBoard(this);
        Settings = new Settings(this);
        Reports = new Reports(this);
    }

    /// <summary>The catalog file in use.</summary>
    public string CatalogPath => Catalog.Path;

    public Repositories Repositories { get; }

    public RestorePoints RestorePoints { get; }

    public Backups Backups { get; }

    public CopyJobs Jobs { get; }

    public Sessions Sessions { get; }

    public Retentions Retention { get; }

    public HealthChecks Health { get; }

    public Compactions Compaction { get; }

    /// <summary>Runs the jobs' .ps1 scripts that may run inside this process; null for none.</summary>
    public ScriptHost? ScriptHost { get; init; }
    public CopyService Service { get; }
    public Settings Settings { get; }

    public Reports Reports { get; }

    internal CatalogStore Catalog { get; }

    internal StopBoard StopBoard { get; }

    internal IStorage Storage { get; }

    internal TimeProvider Time { get; }

    internal EngineLog Log => _log.Value;
    /// <summary>
    /// Roots that the certificates of mail servers and web hooks may lead to beside those of the system;
    /// only tests, whose servers nobody else knows, add any.
    /// </summary>
    internal X509Certificate2Collection TrustedRoots { get; } = [];

    internal DateTime NowUtc => Time.GetUtcNow().UtcDateTime;

    /// <summary>
    /// Tells of everything that this engine logs, on any of its threads, until disposed; what is called must
    /// not wait.
    /// </summary>
    /// <param name="details">Also of entries below Information.</param>
    public IDisposable Listen(Action<LogLine> heard, bool details = false) => Log.Listen(heard, details);

    internal RepositoryDefinition Repository(string name) =>
        Catalog.FindRepository(name) ?? throw new BackupCopyException(
            ErrorCode.RepositoryNotFound,
            $"There is no repository {name} in the catalog {CatalogPath}"
            + $"{Elsewhere(c => c.FindRepository(name) is not null)}.",
            "List them with Get-BackupCopyRepository; attach an existing folder with "
            + "Register-BackupCopyRepository.");

    internal RepositoryDefinition Repository(Guid id) =>
        Catalog.FindRepository(id) ?? throw new BackupCopyException(
            ErrorCode.RepositoryNotFound,
            $"The repository {id} is not in the catalog {CatalogPath}.",
            "Attach it with Register-BackupCopyRepository -Path.");

    internal JobDefinition Job(string name) =>
        Catalog.FindJob(name) ?? throw new BackupCopyException(
            ErrorCode.JobNotFound,
            $"There is no job {name} in the catalog {CatalogPath} of user {Environment.UserName}"
            + $"{Elsewhere(c => c.FindJob(name) is not null)}.",
            "List jobs with Get-BackupCopyJob; name another catalog with -CatalogPath or "
            + "BACKUPCOPY_CATALOG.");

    /// <summary>Opens a repository of restore points; a folder of images is none.</summary>
    internal RepositoryFolder Open(RepositoryDefinition definition)
    {
        RefuseImages(definition);
        return RepositoryFolder.Open(Storage, definition.Path, definition.Id);
    }

    internal static void RefuseImages(RepositoryDefinition definition)
    {
        if (definition.Images is not null)
        {
            throw new BackupCopyException(
                ErrorCode.ImageRepository,
                $"The repository {definition.Name} is a folder of images: it is the source of jobs and "
                + "nothing else.",
                "Name a repository that New-BackupCopyRepository made without -Images; a job copies the "
                + "images there.");
        }
    }

    /// <summary>What is known of files that are being written; remembered from look to look.</summary>
    internal SettleWatch SettleWatchOf(TimeSpan settleTime) =>
        _settling.GetOrAdd(settleTime, time => new SettleWatch(Time, time));

    // Says where a thing does live, when this user can read another default catalog that has it.
    private string Elsewhere(Func<CatalogStore, bool> has)
    {
        foreach (var other in CatalogLocation.OtherReadable(CatalogPath))
        {
            try
            {
                if (has(new CatalogStore(other)))
                {
                    return $"; the catalog {other} has it";
                }
            }
            catch (BackupCopyException)
            {
                // Another user's catalog that cannot be read has nothing to say.
            }
        }

        return "";
    }
}
