using System.Management.Automation;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Sends the report of a session now, or a test.</summary>
[Cmdlet(
    VerbsCommunications.Send, "BackupCopyReport", SupportsShouldProcess = true,
    DefaultParameterSetName = ByJob)]
[OutputType(typeof(void))]
public sealed class SendBackupCopyReportCommand : AsyncCmdlet
{
    private const string ByJob = "Job";
    private const string BySession = "Session";
    private const string ByTest = "Test";

    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ByJob)]
    [NameOf(Named.Job)]
    [ArgumentCompleter(typeof(JobCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Job { get; set; } = [];

    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = BySession)]
    [Alias("SessionId")]
    [NameOf(Named.Session)]
    [ArgumentCompleter(typeof(SessionCompleter))]
    public Guid[] Session { get; set; } = [];

    [Parameter(Mandatory = true, ParameterSetName = ByTest)]
    public SwitchParameter Test { get; set; }

    [Parameter]
    [UnsetIsNull(IsList = true)]
    public string[]? To { get; set; }

    private protected override Task ProcessAsync(CancellationToken cancellationToken)
    {
        if (ParameterSetName == ByTest)
        {
            return SendAsync(
                "test report", Engine.Reports.TestReceivers(Receivers),
                () => Engine.Reports.SendTestAsync(Receivers, cancellationToken));
        }

        return ParameterSetName == BySession
            ? ForEachAsync(Session, id => SendAsync(id, cancellationToken))
            : ForEachAsync(Job, name => ForEachAsync(
                JobsNamed(name), job => SendAsync(Engine.Reports.LastSession(job), cancellationToken)));
    }

    private string[] Receivers => [.. (To ?? []).Where(address => address.Length > 0)];

    private Task SendAsync(Guid session, CancellationToken cancellationToken) => SendAsync(
        Engine.Reports.Title(session), Engine.Reports.Receivers(session, Receivers),
        () => Engine.Reports.SendAsync(session, Receivers, cancellationToken));

    private async Task SendAsync(
        string report, IReadOnlyList<string> receivers, Func<Task<IReadOnlyList<string>>> send)
    {
        if (!await ConfirmAsync(report, $"Send to {string.Join(", ", receivers)}"))
        {
            return;
        }

        foreach (var sent in await send())
        {
            await TellAsync(sent);
        }
    }
}
