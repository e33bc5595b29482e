using BackupCopy.Blocks;
using BackupCopy.Catalog;
using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running;

namespace BackupCopy.Tests.Running;

/// <summary>
/// A job over a storage that can be cut off, on a clock for whom waiting takes no time: for what happens to a
/// machine while it is transferred.
/// </summary>
internal sealed class TransferLab : IDisposable
{
    public const int Megabytes = 12;

    private readonly Dictionary<string, string> _images = [];
    private int _dataWrites;
    private int _exports;

    public TransferLab(JobSchedule? schedule = null)
    {
        Engines = new EngineLab(Clock);
        Engines.NewJob();
        Storage = new CutStorage(Told);
        Engine = new Engine(new CatalogStore(Engines.PathOf("catalog.db")), Storage, Clock);
        Engine.Catalog.UpdateJob(Job.Id, job => job with
        {
            Schedule = schedule ?? new JobSchedule(),
            Retention = job.Retention with { TimeZone = "UTC" },
        });
    }

    public JumpingClock Clock { get; } = new();

    public EngineLab Engines { get; }

    public CutStorage Storage { get; }

    /// <summary>The job's engine; that of <see cref="Engines"/> sees the storage as it is.</summary>
    public Engine Engine { get; }

    public JobDefinition Job => Engine.Job("Nightly");

    public string Target => Engines.PathOf("Offsite");

    /// <summary>Told every operation before it happens.</summary>
    public Action<string, string>? Before { get; set; }

    /// <summary>The session of the last task that ran by itself.</summary>
    public SessionInfo? Session { get; private set; }

    /// <summary>A new state of the machine in the source; the first one is of random bytes.</summary>
    public async Task ImportAsync(string machine, int changedFrom = 0, int changedBytes = 5000)
    {
        if (!_images.TryGetValue(machine, out var image))
        {
            image = _images[machine] = Engines.NewImage(machine + ".img", Megabytes << 20, machine.Length);
        }
        else
        {
            EngineLab.Change(image, changedFrom, changedBytes, seed: changedFrom);
        }

        await Engines.ImportAsync(machine, image);
        Clock.Advance(TimeSpan.FromHours(1));
    }

    /// <summary>Before the n-th write of blocks to the target from now on.</summary>
    public void OnDataWrite(int number, Action then)
    {
        _dataWrites = 0;
        Before = (what, path) =>
        {
            if (IsDataWrite(what, path) && Interlocked.Increment(ref _dataWrites) == number)
            {
                then();
            }
        };
    }

    public bool IsDataWrite(string what, string path) => what == "write"
        && path.StartsWith(Target, StringComparison.Ordinal)
        && path.EndsWith(Names.Blocks, StringComparison.Ordinal);

    public Task<SessionInfo> SyncAsync(SyncOptions? options = null) =>
        Engine.Jobs.SyncAsync("Nightly", options ?? new SyncOptions(), null, default);

    /// <summary>Runs the task of one machine in a session of its own.</summary>
    public async Task<MachineTaskRecord> RunAsync(
        string machine, SyncOptions? options = null, CancellationToken expired = default)
    {
        options ??= new SyncOptions();
        var session = new SessionLog(Engine, Job);
        session.Begin(() => JobIntervals.Begin(Engine, Job, options).Interval);
        var context = new PhaseContext(Engine, Job, session, options, null);
        var found = new SourceScan(Engine, Job).Run().Single(m => m.First().Machine == machine);
        var (chain, id) = context.Target.ChainFor(machine, found.Key);
        var task = new MachineTask(context, chain, id, found.OrderBy(p => p.Sequence).Last());
        await task.RunAsync(expired, default);
        Session = session.End();
        return task.Record;
    }

    public IReadOnlyList<SessionEventId> Events(params SessionEventId[] ids) =>
        [.. Engine.Catalog.FindSession(Session!.Id)!.Events.Select(e => e.Id).Where(ids.Contains)];

    /// <summary>The newest copy restores as the machine is now.</summary>
    public async Task AssertRestoresAsync(string machine)
    {
        var point = Engines.Points("Offsite").Last(p => p.Machine == machine);
        var file = Assert.Single(await Engines.Engine.RestorePoints.ExportAsync(
            point, Engines.PathOf($"export{++_exports}"), [], replace: false, null, default));
        Assert.Equal(await File.ReadAllBytesAsync(_images[machine]), await File.ReadAllBytesAsync(file));
    }

    /// <summary>All blocks of the images differ, so a digest in two records was sent twice.</summary>
    public void AssertNothingWasSentTwice()
    {
        foreach (var chain in TargetBackup.Open(Engines.Engine, Job).Folder.Chains())
        {
            using var store = chain.OpenStore(chain.Newest()!.File!.MachineId);
            var digests = new List<Digest>();
            foreach (var path in Directory.GetFiles(chain.Path, "*" + Names.Index))
            {
                Assert.True(Names.TryNumber(Path.GetFileName(path), Names.Index, out var number));
                var index = IndexFile.Read(File.ReadAllBytes(path), path);
                for (uint record = 0; record < index.Count; record++)
                {
                    var name = new RecordName(number, record);
                    digests.Add(store.DigestOf(name));
                }
            }

            Assert.Equal(digests.Count, digests.Distinct().Count());
        }
    }

    public void Dispose() => Engines.Dispose();

    private void Told(string what, string path) => Before?.Invoke(what, path);
}
