using BackupCopy.Blocks;
using BackupCopy.Catalog;
using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Inventory;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running;
using BackupCopy.Storage;
using BackupCopy.TestProcess;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Running;

/// <summary>
/// Two repositories, a catalog and images in a temporary folder, with a clock that tests move.
/// </summary>
internal sealed class EngineLab : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <param name="clock">Null for one whose reading alone is simulated.</param>
    public EngineLab(MovableClock? clock = null)
    {
        Clock = clock ?? new MovableClock();
        Engine = NewEngine();
        Engine.Repositories.Create("Primary", PathOf("Primary"), 256 * 1024, Compression.Fast);
        Engine.Repositories.Create("Offsite", PathOf("Offsite"), 256 * 1024, Compression.Fast);
        ForgetCloning("Offsite");
    }

    /// <summary>
    /// Starts at a fixed time; only its reading is simulated, waiting uses short real delays.
    /// </summary>
    public MovableClock Clock { get; }

    public Engine Engine { get; private set; }

    public string PathOf(string name) => _folder[name];

    public string NewImage(string name, int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        File.WriteAllBytes(PathOf(name), bytes);
        return PathOf(name);
    }

    public static void Change(string image, long offset, int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed + 1000).NextBytes(bytes);
        using var file = File.OpenWrite(image);
        file.Position = offset;
        file.Write(bytes);
    }

    public Task<RestorePointInfo> ImportAsync(string machine, string image, DateTime? time = null) =>
        Engine.RestorePoints.CreateAsync(
            new NewRestorePoint
            {
                Repository = "Primary",
                Machine = machine,
                Images = [image],
                Raw = true,
                Time = time ?? Clock.GetUtcNow().UtcDateTime,
            },
            null,
            default);

    public JobInfo NewJob(string? map = null) => Engine.Jobs.Create(new JobSettings
    {
        Name = "Nightly",
        Sources = ["Primary"],
        Target = "Offsite",
        MapBackup = map,
    });

    public Task<SessionInfo> SyncAsync(
        SyncOptions? options = null, CancellationToken cancellation = default) =>
        Engine.Jobs.SyncAsync("Nightly", options ?? new SyncOptions(), null, cancellation);

    public List<RestorePointInfo> Points(string repository) =>
        [.. Engine.RestorePoints.List(new RestorePointQuery { Repositories = [repository] })];

    /// <summary>Overwrites the middle of the point's first block file.</summary>
    public static void Damage(RestorePointInfo point)
    {
        var blocks = Directory.GetFiles(Path.GetDirectoryName(point.Path)!, "*.bcblocks").Order().First();
        using var file = File.OpenWrite(blocks);
        file.Position = 6000;
        file.Write(new byte[100]);
    }

    /// <summary>Begins a point of the machine in the source and holds it until disposed.</summary>
    public IDisposable HoldUnfinished(string machine)
    {
        var repository = RepositoryFolder.Open(LocalStorage.Instance, PathOf("Primary"));
        var id = Identity.OfMachine(machine);
        var chain = repository.BackupFor("Manual", Identity.OfBackup("Manual")).ChainFor(machine, id);
        return ChainAppender.Begin(
            chain,
            Tests.Chains.Lab.Request(repository, Clock.GetUtcNow().UtcDateTime.AddHours(2)) with
            {
                MachineId = id,
                MachineName = machine,
                JobId = Identity.OfBackup("Manual"),
                JobName = "Manual",
            });
    }

    public void BeginDeadSession(JobInfo job) => Engine.Catalog.BeginSession(new SessionRecord
    {
        Id = Guid.NewGuid(),
        JobId = job.Id,
        JobName = job.Name,
        State = SessionState.Working,
        Result = SessionResult.None,
        StartUtc = Clock.GetUtcNow().UtcDateTime.AddHours(-1),
        Runner = $"{Environment.MachineName}|{int.MaxValue}|1",
    });

    /// <summary>This lab's catalog and repositories, without one folder that cannot be listed.</summary>
    public Engine Without(string folder) => new(
        new CatalogStore(PathOf("catalog.db")),
        new HookedStorage(
            (_, _) => { },
            listed =>
            {
                if (listed == folder)
                {
                    throw StorageError.From(new UnauthorizedAccessException(), listed);
                }
            }),
        Clock);

    /// <summary>The same, with a hook before whatever changes the storage.</summary>
    public Engine Hooked(Action<string, string> before) =>
        new(new CatalogStore(PathOf("catalog.db")), new HookedStorage(before), Clock);

    /// <summary>
    /// Starts over with an empty catalog and the old repositories; returns the target's backup folder.
    /// </summary>
    public string LoseCatalog()
    {
        File.Delete(PathOf("catalog.db"));
        Engine = NewEngine();
        Engine.Repositories.Register(PathOf("Primary"), "Primary");
        Engine.Repositories.Register(PathOf("Offsite"), "Offsite");
        return Path.GetFileName(Directory.GetDirectories(PathOf("Offsite"), "Nightly.*").Single());
    }

    /// <summary>Returns once the running session shows this state.</summary>
    public async Task WaitForStateAsync(SessionState state)
    {
        while (!Engine.Sessions.List(running: true).Any(s => s.State == state))
        {
            await Task.Delay(10);
        }
    }

    /// <summary>Returns once a machine of the running session shows this state.</summary>
    public async Task WaitForTaskAsync(SessionState state)
    {
        while (!Engine.Catalog.Sessions(new SessionQuery { IsRunning = true })
            .Any(s => s.Tasks.Any(t => t.State == state)))
        {
            await Task.Delay(10);
        }
    }

    public void Dispose() => _folder.Dispose();

    // What is written is counted and throttled, so copies are written also where the temporary folder clones.
    private void ForgetCloning(string repository)
    {
        foreach (var name in (string[])[Names.RepositoryFile, Names.RepositoryFileCopy])
        {
            var path = Path.Combine(PathOf(repository), name);
            var file = RepositoryFile.Read(File.ReadAllBytes(path), path);
            var without = file with { Storage = file.Storage with { Clones = false } };
            File.WriteAllBytes(path, without.ToBytes());
        }
    }

    private Engine NewEngine() => new(new CatalogStore(PathOf("catalog.db")), LocalStorage.Instance, Clock);

    internal class MovableClock : TimeProvider
    {
        private TimeSpan _ahead;

        public virtual void Advance(TimeSpan by) => _ahead += by;

        public override DateTimeOffset GetUtcNow() =>
            new DateTimeOffset(2026, 11, 1, 22, 0, 0, TimeSpan.Zero) + _ahead;
    }
}
