using System.Management.Automation;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Reporting;
using BackupCopy.Running;
using BackupCopy.Running.Keeping;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Forecasts what a policy will have kept.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "BackupCopyRetention", SupportsShouldProcess = true)]
[OutputType(typeof(RetentionForecastInfo), typeof(FileInfo))]
public sealed class MeasureBackupCopyRetentionCommand : PolicyCmdlet
{
    private readonly List<RetentionForecastInfo> _forecasts = [];
    private ForecastFile? _file;

    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [NameOf(Named.Job)]
    [ArgumentCompleter(typeof(JobCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Job { get; set; } = [];

    [Parameter]
    public int Days { get; set; } = new ForecastOptions().Days;

    [Parameter]
    public long? SizeBytes { get; set; }

    [Parameter]
    public double DailyChangePercent { get; set; } = new ForecastOptions().DailyChangePercent;

    [Parameter]
    [Duration]
    [ArgumentCompleter(typeof(DurationCompleter))]
    public TimeSpan? Every { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? OutFile { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override void Prepare()
    {
        if (OutFile is not null)
        {
            _file ??= ForecastFile.At(FullPath(OutFile));
        }
    }

    private protected override Task ProcessAsync(CancellationToken cancellationToken) => Job.Length == 0
        ? ShowAsync(Engine.Retention.Forecast(Policy, Options))
        : ForEachAsync(Job, name => ForEachAsync(JobsNamed(name), ForecastAsync));

    private protected override async Task EndAsync(CancellationToken cancellationToken)
    {
        if (_file is null || _forecasts.Count == 0)
        {
            return;
        }

        var texts = _file.Texts(_forecasts);
        if (!Force && texts.Keys.FirstOrDefault(File.Exists) is { } existing)
        {
            throw ForecastFile.Exists(existing);
        }

        foreach (var (path, text) in texts)
        {
            if (await ConfirmAsync(path, "Write the forecast"))
            {
                ForecastFile.Write(path, text, Force);
                await EmitAsync(new FileInfo(path));
            }
        }
    }

    private ForecastOptions Options => new()
    {
        Days = Days,
        SizeBytes = SizeBytes,
        DailyChangePercent = DailyChangePercent,
        Every = Every,
    };

    private async Task ForecastAsync(string job)
    {
        var failures = new List<(string Machine, BackupCopyException Error)>();
        foreach (var forecast in Engine.Retention.Forecast(
            job, Policy, Options, (machine, error) => failures.Add((machine, error))))
        {
            await ShowAsync(forecast);
        }

        foreach (var (machine, error) in failures)
        {
            await FailAsync(error.OfMachine(machine), machine);
        }
    }

    private async Task ShowAsync(RetentionForecastInfo forecast)
    {
        if (_file is null)
        {
            await EmitAsync(forecast);
        }
        else
        {
            _forecasts.Add(forecast);
        }
    }
}
