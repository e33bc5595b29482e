using System.Management.Automation;
using System.Net;
using BackupCopy.Jobs;
using BackupCopy.PowerShell.Arguments;
using BackupCopy.PowerShell.Completion;
using BackupCopy.Reporting;
using BackupCopy.Running;

namespace BackupCopy.PowerShell.Commands;

/// <summary>Changes what counts for all jobs of a catalog.</summary>
[Cmdlet(VerbsCommon.Set, "BackupCopySetting", SupportsShouldProcess = true)]
[OutputType(typeof(SettingsInfo))]
public sealed class SetBackupCopySettingCommand : BackupCopyCmdlet
{
    [Parameter]
    [UnsetIsNull]
    public string? SmtpServer { get; set; }

    [Parameter]
    [ArgumentCompleter(typeof(SmtpPortCompleter))]
    public int? SmtpPort { get; set; }

    [Parameter]
    public MailTls? Tls { get; set; }

    [Parameter]
    [CredentialOrNull]
    public PSCredential? Credential { get; set; }

    [Parameter]
    [UnsetIsNull]
    public string? From { get; set; }

    [Parameter]
    [UnsetIsNull(IsList = true)]
    public string[]? To { get; set; }

    [Parameter]
    [UnsetIsNull]
    [ArgumentCompleter(typeof(SubjectCompleter))]
    public string? Subject { get; set; }

    [Parameter]
    public ReportOn? ReportOn { get; set; }

    [Parameter]
    [UnsetIsNull]
    [ArgumentCompleter(typeof(DigestTimeCompleter))]
    public string? DigestAt { get; set; }

    [Parameter]
    [UnsetIsNull]
    public string? Webhook { get; set; }

    [Parameter]
    [ArgumentCompleter(typeof(HistoryDaysCompleter))]
    public int? HistoryDays { get; set; }

    [Parameter]
    [Rate]
    [ArgumentCompleter(typeof(RateCompleter))]
    public long? MaxRate { get; set; }

    [Parameter]
    public int? MaxTasks { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void Process()
    {
        var changes = Changes();
        var names = Engine.Settings.CheckUpdate(changes);
        if (!ShouldProcess(Engine.CatalogPath, Display.Change("settings", names)))
        {
            return;
        }

        var changed = Engine.Settings.Update(changes);
        if (PassThru)
        {
            WriteObject(changed);
        }
    }

    private SettingsChanges Changes() => new()
    {
        SmtpServer = SmtpServer,
        SmtpPort = SmtpPort,
        Tls = Tls,
        // Not the cmdlet's own conversion, which takes a domain off the user name.
        Credential = Credential is null ? null
            : new NetworkCredential(Credential.UserName ?? "", Credential.Password),
        From = From,
        To = To,
        Subject = Subject,
        ReportOn = ReportOn,
        DigestAt = DigestAt,
        Webhook = Webhook,
        HistoryDays = HistoryDays,
        MaxRateBytesPerSecond = MaxRate,
        MaxTasks = MaxTasks,
    };
}
