using System.Management.Automation;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Reporting;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Asks the running sessions of jobs to end, in whatever process they run.</summary>
[Cmdlet(VerbsLifecycle.Stop, "BackupCopySync", SupportsShouldProcess = true)]
[OutputType(typeof(SessionInfo))]
public sealed class StopBackupCopySyncCommand : BackupCopyCmdlet
{
    [Parameter(
        Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Job")]
    [NameOf(Named.Job)]
    [ArgumentCompleter(typeof(RunningJobCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    [Parameter]
    public SwitchParameter AfterCurrentMachines { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void Process() => ForEach(Name, name =>
    {
        if (!IsPattern(name))
        {
            Stop(name, Engine.Sessions.List(name, running: true).Any());
            return;
        }

        var running = Engine.Sessions.List(running: true).Select(s => s.Job).ToHashSet();
        var matching = JobsNamed(name).Where(running.Contains).ToList();
        if (matching.Count == 0)
        {
            WriteWarning($"No job like {name} runs: there is nothing to stop.");
        }

        ForEach(matching, job => Stop(job, isRunning: true));
    });

    private void Stop(string job, bool isRunning)
    {
        if (isRunning && !ShouldProcess(
            job, AfterCurrentMachines ? "Stop the sync after the current machines" : "Stop the sync"))
        {
            return;
        }

        if (!isRunning || Engine.Sessions.Stop(job, AfterCurrentMachines) is not { } session)
        {
            WriteWarning($"The job {job} does not run: there is nothing to stop.");
            return;
        }

        if (PassThru)
        {
            WriteObject(session);
        }
    }
}
