using System.Management.Automation;
using BackupCopy.Jobs;
using BackupCopy.PowerShell;

namespace BackupCopy.ModuleTests.Fixtures;

/// <summary>Runs a test's code where a cmdlet runs the engine's: beside the pipeline.</summary>
[Cmdlet(VerbsDiagnostic.Test, "Probe", SupportsShouldProcess = true)]
[OutputType(typeof(RepositoryDefinition))]
public sealed class TestProbeCommand : AsyncCmdlet
{
    [Parameter(Mandatory = true, Position = 0)]
    public required Func<TestProbeCommand, CancellationToken, Task> Work { get; set; }

    [Parameter(ValueFromPipeline = true)]
    public object? Value { get; set; }

    public ValueTask Emit(object result) => EmitAsync(result);

    public ValueTask Warn(string message) => WarnAsync(message);

    public ValueTask Fail(BackupCopyException exception) => FailAsync(exception, Value);

    public Task<bool> Confirm(string target) => ConfirmAsync(target, "Probe");

    public void Progress(int activity, string status) =>
        ShowProgress(new ProgressRecord(activity, "Probing", status));

    private protected override Task ProcessAsync(CancellationToken cancellationToken) =>
        Work(this, cancellationToken);
}
