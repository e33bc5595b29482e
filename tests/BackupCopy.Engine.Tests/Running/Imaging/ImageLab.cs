using System.Security.Cryptography;
using BackupCopy.Catalog;
using BackupCopy.Format;
using BackupCopy.Images;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running;

namespace BackupCopy.Tests.Running.Imaging;

/// <summary>
/// A job that copies from a folder of images into a repository, on the clock of a lab. The times of the files
/// that the system sets itself lie after that clock's, so that a file settles only by being watched.
/// </summary>
internal sealed class ImageLab : IDisposable
{
    /// <summary>web-2026-11-01_2200Z.img; its time is UTC.</summary>
    public const string Dated = "{machine}-{yyyy-MM-dd_HHmm}Z.{ext}";

    public const int ImageBytes = 3 << 20;

    private readonly Dictionary<string, byte[]> _states = [];
    private int _changes;
    private int _exports;

    /// <param name="clock">Null for one that stands, where who waits waits for a short real time.</param>
    /// <param name="settings">Null for <see cref="Dated"/>, without a time to settle.</param>
    public ImageLab(EngineLab.MovableClock? clock = null, ImageFolderSettings? settings = null)
    {
        Engines = new EngineLab(clock);
        Directory.CreateDirectory(Folder);
        Storage = new CutStorage((what, path) => Before?.Invoke(what, path));
        Engine = NewEngine();
        Engine.Repositories.CreateImages("Dumps", Folder, settings ?? Settings());
        Engine.Jobs.Create(new JobSettings { Name = "Nightly", Sources = ["Dumps"], Target = "Offsite" });
    }

    public EngineLab Engines { get; }

    /// <summary>The engine of the job, over <see cref="Storage"/>, which nobody watches for it.</summary>
    public Engine Engine { get; }

    public CutStorage Storage { get; }

    /// <summary>Told every operation on a repository before it happens.</summary>
    public Action<string, string>? Before { get; set; }

    public string Folder => Engines.PathOf("Dumps");

    public DateTime NowUtc => Engines.Clock.GetUtcNow().UtcDateTime;

    /// <summary>Looks often and tries nothing again.</summary>
    public static SyncOptions Options { get; } = new()
    {
        Poll = TimeSpan.FromMilliseconds(10),
        SourcePoll = TimeSpan.FromMilliseconds(10),
        Retries = [],
        Transfer = new() { Look = TimeSpan.FromMilliseconds(10), Recheck = TimeSpan.Zero },
    };

    public static ImageFolderSettings Settings(string pattern = Dated, int settleSeconds = 0) =>
        new() { Patterns = [pattern], SettleTime = TimeSpan.FromSeconds(settleSeconds) };

    /// <summary>Another engine on the same catalog, as another process would have it.</summary>
    public Engine NewEngine() =>
        new(new CatalogStore(Engines.PathOf("catalog.db")), Storage, Engines.Clock);

    public string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>The name of an image of now, by <see cref="Dated"/>.</summary>
    public string NameOf(string machine) => $"{machine}-{NowUtc:yyyy-MM-dd_HHmm}Z.img";

    /// <summary>An hour later the machine has changed and has a new image.</summary>
    public byte[] Dump(string machine)
    {
        Engines.Clock.Advance(TimeSpan.FromHours(1));
        var content = Next(machine);
        Put(NameOf(machine), content);
        return content;
    }

    /// <summary>The next state of a disk: the first of random bytes, later ones with some changes.</summary>
    public byte[] Next(string disk)
    {
        if (_states.TryGetValue(disk, out var known))
        {
            var next = known.ToArray();
            new Random(++_changes).NextBytes(next.AsSpan(_changes % 8 * 300_000 + 1000, 5000));
            return _states[disk] = next;
        }

        return _states[disk] = NewDisk(disk.Sum(c => c));
    }

    /// <summary>A boot record and random bytes.</summary>
    public static byte[] NewDisk(int seed, int length = ImageBytes)
    {
        var content = new byte[length];
        new Random(seed).NextBytes(content);
        (content[510], content[511]) = (0x55, 0xaa);
        return content;
    }

    /// <summary>Makes a file as a program does that has finished: its time is the clock's.</summary>
    public string Put(string name, ReadOnlySpan<byte> content, DateTime? writtenUtc = null)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(name))!);
        File.WriteAllBytes(PathOf(name), content);
        File.SetLastWriteTimeUtc(PathOf(name), writtenUtc ?? NowUtc);
        return PathOf(name);
    }

    /// <summary>Writes into a file that others have open, as programs do that know nothing of them.</summary>
    public static void Overwrite(string path, long offset, int seed)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        var bytes = new byte[5000];
        new Random(seed).NextBytes(bytes);
        file.Position = offset;
        file.Write(bytes);
    }

    public void Schedule(JobSchedule schedule) => Change(job => job with { Schedule = schedule });

    public void Change(Func<JobDefinition, JobDefinition> change, string job = "Nightly") =>
        Engine.Catalog.UpdateJob(Engine.Job(job).Id, known =>
        {
            var changed = change(known);
            return changed with { Retention = changed.Retention with { TimeZone = "UTC" } };
        });

    public Task<SessionInfo> SyncAsync(SyncOptions? options = null) =>
        Engine.Jobs.SyncAsync("Nightly", options ?? Options, null, TestContext.Current.CancellationToken);

    /// <summary>Before the n-th write of blocks to the target from now on.</summary>
    public void OnDataWrite(int number, Action then)
    {
        var writes = 0;
        Before = (what, path) =>
        {
            if (what == "write" && path.EndsWith(Names.Blocks, StringComparison.Ordinal)
                && path.StartsWith(Engines.PathOf("Offsite"), StringComparison.Ordinal)
                && Interlocked.Increment(ref writes) == number)
            {
                then();
            }
        };
    }

    public List<RestorePointInfo> Copies(string machine = "*") =>
    [
        .. Engine.RestorePoints.List(new RestorePointQuery
        {
            Repositories = ["Offsite"],
            Machines = [machine],
            IncludeIncomplete = true,
        }),
    ];

    /// <summary>The newest copy of the machine has these disks, by name.</summary>
    public Task AssertCopiedAsync(string machine, params byte[][] disks) =>
        AssertIsAsync(Copies(machine)[^1], disks);

    public async Task AssertIsAsync(RestorePointInfo point, params byte[][] disks)
    {
        Assert.Equal(RestorePointState.Complete, point.State);
        var files = await Engine.RestorePoints.ExportAsync(
            point, Engines.PathOf($"export{++_exports}"), [], replace: false, null, default);
        Assert.Equal(
            disks.Select(d => Convert.ToHexString(SHA256.HashData(d))),
            files.Order(StringComparer.Ordinal).Select(
                f => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f)))));
    }

    /// <summary>All that tells of somebody who wrote into the folder, and be it for a moment.</summary>
    public IReadOnlyList<string> Listing() =>
    [
        .. Directory.EnumerateFileSystemEntries(Folder, "*", SearchOption.AllDirectories).Append(Folder)
            .Order(StringComparer.Ordinal)
            .Select(path => $"{Path.GetRelativePath(Folder, path)} {FileIdentity.Of(path)} "
                + (File.Exists(path) ? Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path))) : "")),
    ];

    /// <summary>Returns once the running session says that it waits for something of this kind.</summary>
    public async Task WaitForAsync(string text, Action? meanwhile = null)
    {
        while (!Waits().Any(w => w.Contains(text, StringComparison.Ordinal)))
        {
            meanwhile?.Invoke();
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    public void Dispose() => Engines.Dispose();

    private IEnumerable<string> Waits() => Engine.Sessions.List(running: true)
        .SelectMany(s => s.Machines.Select(m => m.Reason).Append(s.WaitsFor));
}
