using BackupCopy.Catalog;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running;
using BackupCopy.Running.Service;
using BackupCopy.TestProcess;

namespace BackupCopy.Tests.Running;

/// <summary>
/// A service on the catalog of a lab, whose clock moves only when a test says so. The first session is due at
/// once when the service starts; the clock begins on Sunday, 1 November 2026, 22:00 UTC.
/// </summary>
internal sealed class ServiceLab : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _slept = new(0);
    private CancellationTokenSource _stopping = new();
    private Task? _service;
    private int _sleeps;
    private TimeSpan _wakes;
    private int _atWork;
    private int _images;

    public ServiceLab()
    {
        Engines = new EngineLab(Clock);
        Engines.NewJob();
        Storage = new HookedStorage((operation, path) => Before?.Invoke(operation, path));
        Engine = new Engine(
            new CatalogStore(Storage, Engines.PathOf("catalog.db")), Storage, Clock);

        // A year has half a million minutes; what is done in each is tested by itself.
        Engine.Service.Duties.RemoveAll(duty => duty.Every < TimeSpan.FromHours(1));
    }

    public ServiceClock Clock { get; } = new();

    public EngineLab Engines { get; }

    /// <summary>The engine of the service, over <see cref="Storage"/>.</summary>
    public Engine Engine { get; }

    public HookedStorage Storage { get; }

    /// <summary>Called before whatever changes the storage.</summary>
    public Action<string, string>? Before { get; set; }

    public List<SessionInfo> Ended { get; } = [];

    public List<BackupCopyException> Troubles { get; } = [];

    public List<SessionEventId> Told { get; } = [];

    public int EndedCount { get; private set; }

    public SessionResult WorstResult { get; private set; }

    public int Sleeps => _sleeps;

    /// <summary>Whether its sessions wait for points that nobody has begun yet.</summary>
    public bool IsWhole { get; init; }

    public DateTime NowUtc => Clock.GetUtcNow().UtcDateTime;

    public JobRun Run => Engine.Catalog.Run(Engine.Job("Nightly").Id);

    public void Schedule(JobSchedule schedule, string job = "Nightly") => Engine.Catalog.UpdateJob(
        Engine.Job(job).Id,
        known => known with { Schedule = schedule, Retention = known.Retention with { TimeZone = "UTC" } });

    /// <summary>A new state of the machine in the source.</summary>
    public async Task ImportAsync(string machine = "web01")
    {
        var image = Engines.PathOf(machine + ".img");
        if (!File.Exists(image))
        {
            Engines.NewImage(machine + ".img", 300_000, seed: 1);
        }

        EngineLab.Change(image, 0, 5000, seed: _images++);
        await Engines.ImportAsync(machine, image);
    }

    /// <summary>Starts the service, and returns once nothing is left to do.</summary>
    public async Task StartAsync(ServiceOptions? options = null)
    {
        _stopping = new CancellationTokenSource();
        var told = Options(options);
        _service = Task.Run(() => Engine.Service.RunAsync(told, _stopping.Token));
        await WaitAsync(() => _sleeps > 0 && _atWork == 0, _service);
    }

    /// <summary>The options with what tells this lab of the service.</summary>
    public ServiceOptions Options(ServiceOptions? options = null)
    {
        _sleeps = 0;
        var given = options ?? new ServiceOptions { Poll = TimeSpan.FromHours(1) };
        return given with
        {
            // What the sessions themselves wait for is tested with them; here they end when they have copied.
            Session = session => given.Session(session with { WholeInterval = IsWhole }),
            Ended = session =>
            {
                // A year of sessions would be what grows.
                Ended.Add(session);
                Ended.RemoveRange(0, Math.Max(0, Ended.Count - 100));
                EndedCount++;
                WorstResult = session.Result > WorstResult ? session.Result : WorstResult;
                return Task.CompletedTask;
            },
            Trouble = Troubles.Add,
            Tell = (id, _) => Told.Add(id),
            Sleeping = (until, atWork) =>
            {
                lock (_gate)
                {
                    _sleeps++;
                    (_wakes, _atWork) = (Clock.Passed + (until - NowUtc), atWork);
                }

                _slept.Release();
            },
        };
    }

    /// <summary>Lets time pass, with a stop at each moment for which the service sleeps.</summary>
    public async Task PassAsync(TimeSpan time)
    {
        var end = Clock.Passed + time;
        while (Clock.Passed < end)
        {
            var (sleeps, isWoken) = (_sleeps, _wakes <= end);
            Clock.Pass((isWoken ? _wakes : end) - Clock.Passed);
            await WaitAsync(() => !isWoken || (_sleeps > sleeps && _atWork == 0));
        }
    }

    /// <summary>Lets time pass up to a clock time, of the next day where it is past.</summary>
    public Task PassToAsync(int hour, int minute = 0)
    {
        var next = NowUtc.Date.AddHours(hour).AddMinutes(minute);
        return PassAsync((next > NowUtc ? next : next.AddDays(1)) - NowUtc);
    }

    /// <summary>Waits for what the service does by itself; a service that failed fails the test.</summary>
    public Task WaitAsync(Func<bool> condition) => WaitAsync(condition, _service);

    private async Task WaitAsync(Func<bool> condition, Task? service)
    {
        while (!Read(condition))
        {
            if (service is { IsCompleted: true })
            {
                await service;
                Assert.Fail("The service has ended.");
            }

            await _slept.WaitAsync(TimeSpan.FromMilliseconds(5), TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Stops the service as a signal would, and waits for its end.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        if (_service is { } service)
        {
            await service;
        }

        _service = null;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
        _slept.Dispose();
        Engines.Dispose();
    }

    private bool Read(Func<bool> condition)
    {
        lock (_gate)
        {
            return condition();
        }
    }
}
