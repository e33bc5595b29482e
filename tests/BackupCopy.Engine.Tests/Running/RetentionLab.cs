using BackupCopy.Catalog;
using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running;
using BackupCopy.Storage;
using BackupCopy.TestProcess;

namespace BackupCopy.Tests.Running;

/// <summary>
/// A job with a retention, machines that change every day, and the state of every point to compare with.
/// </summary>
internal sealed class RetentionLab : IDisposable
{
    private readonly Dictionary<(string Machine, DateTime TimeUtc), byte[]> _states = [];
    private int _exports;

    public RetentionLab(JobRetention retention, JumpingClock? clock = null)
    {
        Engines = new EngineLab(clock);
        Engines.NewJob();
        Keep(retention);
    }

    public EngineLab Engines { get; }

    public Engine Engine => Engines.Engine;

    public JobDefinition Job => Engine.Job("Nightly");

    /// <summary>Waits in large steps, each of which looks at the locks.</summary>
    public static SyncOptions Options { get; } = new() { Poll = TimeSpan.FromSeconds(30) };

    public void Keep(JobRetention retention) => Engine.Catalog.UpdateJob(
        Job.Id, job => job with { Retention = retention with { TimeZone = "UTC" } });

    /// <summary>A day later the machine has changed and has a new point in the source.</summary>
    public async Task NewDayAsync(params string[] machines)
    {
        Engines.Clock.Advance(TimeSpan.FromDays(1));
        foreach (var machine in machines)
        {
            await ImportAsync(machine);
        }
    }

    public async Task ImportAsync(string machine, int length = 1_300_000)
    {
        var image = Engines.PathOf(machine + ".img");
        if (!File.Exists(image))
        {
            Engines.NewImage(machine + ".img", length, seed: machine.Length);
        }

        var day = _states.Count;
        EngineLab.Change(image, day % 4 * 300_000L, 5000, seed: day);
        var point = await Engines.ImportAsync(machine, image);
        _states[(machine, point.Time.ToUniversalTime())] = File.ReadAllBytes(image);
    }

    public Task<SessionInfo> SyncAsync(SyncOptions? options = null) => Engines.SyncAsync(options ?? Options);

    /// <summary>Runs a session over a storage that calls the hook before whatever changes it.</summary>
    public Task<SessionInfo> SyncAsync(Action<string, string> before) =>
        new Engine(
            new CatalogStore(Engines.PathOf("catalog.db")), new HookedStorage(before), Engines.Clock)
            .Jobs.SyncAsync("Nightly", Options, null, default);

    /// <summary>A new point each day, copied each day.</summary>
    public async Task<SessionInfo> LiveAsync(int days, string machine = "web01")
    {
        SessionInfo? last = null;
        for (var day = 0; day < days; day++)
        {
            await NewDayAsync(machine);
            last = await SyncAsync();
            Assert.Equal((SessionResult.Success, ""), (last.Result, last.Reason));
        }

        return last!;
    }

    public SessionRecord Record(SessionInfo session) => Engine.Catalog.FindSession(session.Id)!;

    public Chain Chain(string machine = "web01") => TargetBackup.Open(Engine, Job).Folder.Chains()
        .Single(c => Path.GetFileName(c.Path).StartsWith(machine + ".", StringComparison.Ordinal));

    public IReadOnlyList<long> Sequences(string machine = "web01") =>
        [.. Chain(machine).Points().Select(p => p.Sequence)];

    /// <summary>
    /// Every point of the target restores byte for byte, and no chain leaks or lacks a record.
    /// </summary>
    public async Task AssertWholeAsync()
    {
        foreach (var point in Engines.Points("Offsite"))
        {
            var file = Assert.Single(await Engine.RestorePoints.ExportAsync(
                point, Engines.PathOf($"export{++_exports}"), [], replace: false, null, default));
            Assert.Equal(
                _states[(point.Machine, point.Time.ToUniversalTime())], await File.ReadAllBytesAsync(file));
        }

        foreach (var chain in TargetBackup.Open(Engine, Job).Folder.Chains())
        {
            Assert.Empty(chain.Tombstones());
            var findings = FullMark.Run(chain);
            Assert.Empty(findings.Violations);
            Assert.Equal(0, findings.LeakedBytes);
        }
    }

    public void Dispose() => Engines.Dispose();
}
