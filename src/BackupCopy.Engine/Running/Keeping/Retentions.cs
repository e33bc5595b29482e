using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Retention;

namespace BackupCopy.Running.Keeping;

/// <summary>Retention by itself: forecast, planned and run without a copy.</summary>
public sealed class Retentions
{
    // A machine whose last points were made by hand, minutes apart, is not one that goes on like that.
    private static readonly TimeSpan s_shortestSpacing = TimeSpan.FromMinutes(15);

    private readonly Engine _engine;

    internal Retentions(Engine engine) => _engine = engine;

    /// <summary>What a policy will keep of a machine that has no points yet.</summary>
    /// <param name="policy">What is not given is as in a new job.</param>
    public RetentionForecastInfo Forecast(RetentionSettings policy, ForecastOptions options) => Forecast(
        "", "", policy.Change(new JobRetention { TimeZone = RetentionSettings.LocalTimeZone() }).Policy(),
        options, []);

    /// <summary>What a job will keep of each machine in its backup, from the points there are now.</summary>
    /// <param name="change">What would be changed in the job's own policy.</param>
    /// <param name="fail">Told of machines that cannot be read.</param>
    public IReadOnlyList<RetentionForecastInfo> Forecast(
        string job, RetentionSettings change, ForecastOptions options,
        Action<string, BackupCopyException>? fail = null)
    {
        var definition = _engine.Job(job);
        var policy = change.Change(definition.Retention).Policy();
        var forecasts = new List<RetentionForecastInfo>();
        var hasFailed = false;
        foreach (var chain in TargetBackup.Open(_engine, definition).Folder.Chains())
        {
            try
            {
                var points = chain.Points();
                if (points.Count > 0)
                {
                    forecasts.Add(Forecast(definition.Name, policy, options, chain, points));
                }
            }
            catch (BackupCopyException error)
            {
                // One chain's trouble is its own.
                hasFailed = true;
                fail?.Invoke(TargetBackup.MachineOf(chain), error);
            }
        }

        return forecasts.Count > 0 || hasFailed
            ? forecasts : [Forecast(definition.Name, "", policy, options, [])];
    }

    /// <summary>What a run would do now; takes no lock and changes nothing.</summary>
    /// <param name="fail">Told of machines that cannot be read.</param>
    public IEnumerable<RetentionResult> Plan(
        RetentionScope scope, IReadOnlyList<string> machines, Action<string, BackupCopyException>? fail) =>
        RetentionRun.Of(_engine, scope).Plan(machines, fail);

    /// <summary>Removes now what the policy no longer keeps.</summary>
    public Task<IReadOnlyList<RetentionResult>> RunAsync(
        RetentionScope scope, RetentionOptions options, CancellationToken cancellation) =>
        RetentionRun.Of(_engine, scope).RunAsync(options, cancellation);

    private RetentionForecastInfo Forecast(
        string job, RetentionPolicy policy, ForecastOptions options, Chain chain,
        IReadOnlyList<ChainPoint> points) => Forecast(
            job, TargetBackup.MachineOf(chain), policy,
            options.SizeBytes is null ? options with { SizeBytes = StoredBytes(chain, points) } : options,
            ChainRetention.Points(points.DistinctBy(p => p.Sequence), policy));

    private RetentionForecastInfo Forecast(
        string job, string machine, RetentionPolicy policy, ForecastOptions options,
        IReadOnlyList<RetentionPoint> existing)
    {
        var newest = existing.Where(p => p.IsGood).Reverse().ToList();
        var spacing = options.Every ?? Usual(newest);
        var forecast = RetentionSimulation.Run(new RetentionScenario
        {
            Policy = policy,
            Existing = existing,
            StartUtc = NextPoint(newest, spacing),
            Days = options.Days,
            Spacing = spacing,
            SizeBytes = options.SizeBytes ?? 0,
            DailyChangePercent = options.DailyChangePercent,
        });
        return RetentionForecastInfo.From(forecast, job, machine, policy);
    }

    private static TimeSpan Usual(List<RetentionPoint> newest)
    {
        var usual = ComingPoints.MedianSpacing(newest) ?? TimeSpan.FromDays(1);
        return usual < s_shortestSpacing ? s_shortestSpacing
            : usual > TimeSpan.FromDays(365) ? TimeSpan.FromDays(365) : usual;
    }

    // An overdue point is expected now; one dated in the future does not delay the next.
    private DateTime NextPoint(List<RetentionPoint> newest, TimeSpan spacing)
    {
        var now = _engine.NowUtc;
        if (newest.Count == 0 || now - newest[0].TimeUtc >= spacing)
        {
            return now;
        }

        var last = newest[0].TimeUtc > now ? now : newest[0].TimeUtc;
        return spacing <= DateTime.MaxValue - last ? last + spacing : now;
    }

    // What the newest point uses of its block files: of each the share of its records that are in use.
    private static long StoredBytes(Chain chain, IReadOnlyList<ChainPoint> points)
    {
        if (points.LastOrDefault(p => p.IsUsable)?.File is not { } file)
        {
            return 0;
        }

        var lengths = chain.Repository.Storage.List(chain.Path).ToDictionary(e => e.Name, e => e.Length);
        var bytes = 0.0;
        foreach (var used in file.BlockFiles)
        {
            var count = BlockFiles.TryReadIndex(chain, used)?.Count ?? 0;
            var share = count > 0 ? Math.Min(1, (double)used.Uses / count) : 1;
            bytes += share * lengths.GetValueOrDefault(Names.BlockFile(used.Number));
        }

        return (long)bytes;
    }
}
