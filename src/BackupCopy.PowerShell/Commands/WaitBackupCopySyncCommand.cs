using System.Management.Automation;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Reporting;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Waits until jobs do not run any more.</summary>
[Cmdlet(VerbsLifecycle.Wait, "BackupCopySync")]
[OutputType(typeof(SessionInfo))]
public sealed class WaitBackupCopySyncCommand : AsyncCmdlet
{
    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase);
    private bool _isAny;

    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Job")]
    [NameOf(Named.Job)]
    [ArgumentCompleter(typeof(RunningJobCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    [Parameter]
    [Duration]
    [ArgumentCompleter(typeof(DurationCompleter))]
    public TimeSpan? Timeout { get; set; }

    // All jobs of the pipeline are waited for together, so that the time-out counts once.
    private protected override Task ProcessAsync(CancellationToken cancellationToken)
    {
        _isAny |= Name.Length == 0;
        return ForEachAsync(Name, name =>
        {
            if (!IsPattern(name))
            {
                Engine.Jobs.Get(name);
            }

            _names.UnionWith(JobsNamed(name));
            return Task.CompletedTask;
        });
    }

    private protected override async Task EndAsync(CancellationToken cancellationToken)
    {
        if (!_isAny && _names.Count == 0)
        {
            return;
        }

        var names = _isAny ? null : _names;
        await foreach (var session in Engine.Sessions.WaitAsync(names, Timeout, cancellationToken))
        {
            await EmitAsync(session);
        }
    }
}
