using System.Globalization;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running.Delivery;

namespace BackupCopy.Running;

/// <summary>What counts for all jobs of a catalog: limits, history, and how reports are sent.</summary>
public sealed class Settings
{
    private const int MostTasks = 1024;
    private const int MostHistoryDays = 3650;
    private const int LongestText = 1000;

    private readonly Engine _engine;

    internal Settings(Engine engine) => _engine = engine;

    public SettingsInfo Get() => Describe(_engine.Catalog.GlobalSettings());

    /// <summary>Throws what <see cref="Update"/> would; stores nothing.</summary>
    /// <returns>The names of the settings that would become different.</returns>
    public IReadOnlyList<string> CheckUpdate(SettingsChanges changes)
    {
        var before = _engine.Catalog.GlobalSettings();
        var after = Changed(before, changes, protect: false);
        return [.. Names(before).Zip(Names(after)).Where(p => p.First != p.Second).Select(p => p.First.Name)];
    }

    /// <summary>Changes what is given and nothing else.</summary>
    /// <exception cref="BackupCopyException"><see cref="ErrorCode.InvalidArgument"/>.</exception>
    public SettingsInfo Update(SettingsChanges changes)
    {
        MailSettings? before = null;
        var after = _engine.Catalog.UpdateGlobalSettings(settings =>
        {
            before = settings.Mail;
            return Changed(settings, changes, protect: true);
        });
        if (after.Mail != before && _engine.Catalog.Outbox().Count > 0)
        {
            new Outbox(_engine).RetryAll();
        }

        return Describe(after);
    }

    private GlobalSettings Changed(GlobalSettings settings, SettingsChanges changes, bool protect)
    {
        var changed = settings with
        {
            HistoryDays = changes.HistoryDays ?? settings.HistoryDays,
            MaxRateBytesPerSecond = changes.MaxRateBytesPerSecond ?? settings.MaxRateBytesPerSecond,
            MaxTasks = changes.MaxTasks ?? settings.MaxTasks,
            Mail = Changed(settings.Mail, changes, protect ? new Secrets(_engine) : null),
        };
        Check(changed);
        return changed;
    }

    private MailSettings Changed(MailSettings mail, SettingsChanges changes, Secrets? secrets)
    {
        var webhook = WebHook(changes.Webhook);
        var digestAt = changes.DigestAt is { } text ? DigestTime(text) : mail.DigestAt;
        var changed = mail with
        {
            SmtpServer = changes.SmtpServer?.Trim() ?? mail.SmtpServer,
            SmtpPort = changes.SmtpPort ?? mail.SmtpPort,
            Tls = changes.Tls ?? mail.Tls,
            From = changes.From?.Trim() ?? mail.From,
            To = changes.To is { } to
                ? [.. to.Where(t => t.Length > 0).Distinct(StringComparer.OrdinalIgnoreCase)] : mail.To,
            Subject = changes.Subject is { } subject
                ? (subject.Length == 0 ? MailSettings.DefaultSubject : subject) : mail.Subject,
            ReportOn = changes.ReportOn ?? mail.ReportOn,
            DigestAt = digestAt,
            // The first digest tells of what ends from now on.
            DigestUntilUtc = digestAt is null ? null : mail.DigestUntilUtc ?? _engine.NowUtc,
            ProtectedWebhook = webhook is null ? mail.ProtectedWebhook
                : secrets?.ProtectWebHook_NeedsLock(webhook) ?? Placeholder(webhook),
        };
        if (changes.Credential is not { } credential)
        {
            return changed;
        }

        var password = credential.UserName.Length == 0 ? "" : credential.Password;
        return changed with
        {
            UserName = credential.UserName,
            ProtectedPassword = secrets?.ProtectPassword_NeedsLock(password) ?? Placeholder(password),
        };
    }

    private static void Check(GlobalSettings settings)
    {
        var mail = settings.Mail;
        Require(settings.HistoryDays is >= 1 and <= MostHistoryDays,
            $"Sessions cannot be kept {settings.HistoryDays} days.", $"Choose 1 to {MostHistoryDays}.");
        Require(settings.MaxRateBytesPerSecond >= 0, "A rate cannot be negative.",
            "Choose a rate such as 20MB/s, or 0 for no limit.");
        Require(settings.MaxTasks is >= 0 and <= MostTasks,
            $"{settings.MaxTasks} machines at once are not possible.",
            $"Choose 1 to {MostTasks}, or 0 for no limit.");
        Require(mail.SmtpPort is >= 0 and <= 65535, $"{mail.SmtpPort} is no port.",
            "Choose 1 to 65535, or 0 for the usual one.");
        Require(mail.SmtpServer.Length == 0 || Uri.CheckHostName(mail.SmtpServer) != UriHostNameType.Unknown,
            $"\"{MailError.Line(mail.SmtpServer)}\" is no server's name.",
            "Give a host name or an address without a port; the port is -SmtpPort.");
        Require(mail.SmtpServer.Length == 0 || mail.From.Length > 0,
            "A mail server needs a sender for the reports.", "Give it with -From.");
        Require(mail.From.Length == 0 || MailForm.IsAddress(mail.From),
            $"\"{MailError.Line(mail.From)}\" is no mail address.", "Write it as backup@example.com.");
        foreach (var to in mail.To)
        {
            Require(MailForm.IsAddress(to), $"\"{MailError.Line(to)}\" is no mail address.",
                "Write each recipient as admin@example.com, several as a list.");
        }

        Require(mail.Subject.Length <= LongestText, "The subject is too long.",
            $"Use at most {LongestText} characters.");
        Require(mail.ReportOn != ReportOn.Digest || mail.DigestAt is not null,
            "Reports are left to a daily digest, and its time is not set.",
            "Give it with -DigestAt, such as 07:00.");
    }

    // Its text is never repeated: a part of it is often a token.
    private static string? WebHook(string? address)
    {
        if (address is not { Length: > 0 })
        {
            return address;
        }

        var isUsable = Uri.TryCreate(address.Trim(), UriKind.Absolute, out var uri)
            && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps) && uri.Host.Length > 0;
        Require(isUsable, "The web hook is no address.",
            "Give one that begins with https:// or http:// and names a host.");
        return address.Trim();
    }

    private static TimeOnly? DigestTime(string text)
    {
        if (text.Length == 0)
        {
            return null;
        }

        var isTime = TimeOnly.TryParseExact(
            text, ["H:mm", "HH:mm"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var time);
        Require(isTime, $"\"{MailError.Line(text)}\" is no time of the day.", "Write it as 07:00.");
        return time;
    }

    private static void Require(bool isMet, string message, string remedy)
    {
        if (!isMet)
        {
            throw new BackupCopyException(ErrorCode.InvalidArgument, message, remedy);
        }
    }

    // Stands for a secret where only is asked what would change.
    private static string Placeholder(string secret) => secret.Length == 0 ? "" : "new";

    private static (string Name, string Value)[] Names(GlobalSettings settings) =>
    [
        ("SmtpServer", settings.Mail.SmtpServer),
        ("SmtpPort", $"{settings.Mail.SmtpPort}"),
        ("Tls", $"{settings.Mail.Tls}"),
        ("Credential", $"{settings.Mail.UserName}\n{settings.Mail.ProtectedPassword}"),
        ("From", settings.Mail.From),
        ("To", string.Join('\n', settings.Mail.To)),
        ("Subject", settings.Mail.Subject),
        ("ReportOn", $"{settings.Mail.ReportOn}"),
        ("DigestAt", $"{settings.Mail.DigestAt}"),
        ("Webhook", settings.Mail.ProtectedWebhook),
        ("HistoryDays", $"{settings.HistoryDays}"),
        ("MaxRate", $"{settings.MaxRateBytesPerSecond}"),
        ("MaxTasks", $"{settings.MaxTasks}"),
    ];

    private SettingsInfo Describe(GlobalSettings settings)
    {
        var mail = settings.Mail;
        var waiting = _engine.Catalog.Outbox();
        return new SettingsInfo
        {
            LookForward = settings.LookForward,
            HistoryDays = settings.HistoryDays,
            MaxRateBytesPerSecond = settings.MaxRateBytesPerSecond,
            MaxTasks = settings.MaxTasks,
            SmtpServer = mail.SmtpServer,
            SmtpPort = mail.SmtpPort,
            Tls = mail.Tls,
            UserName = mail.UserName,
            HasPassword = mail.ProtectedPassword.Length > 0,
            From = mail.From,
            To = mail.To,
            Subject = mail.Subject,
            ReportOn = mail.ReportOn,
            DigestAt = mail.DigestAt,
            Webhook = HostOf(mail),
            HasWebhook = mail.ProtectedWebhook.Length > 0,
            QueuedReports = waiting.Count,
            QueueReason = waiting.LastOrDefault(i => i.Error.Length > 0)?.Error ?? "",
        };
    }

    private string HostOf(MailSettings mail)
    {
        try
        {
            return mail.ProtectedWebhook.Length == 0 ? ""
                : WebHookSender.HostOf(new Secrets(_engine).WebHook(mail));
        }
        catch (BackupCopyException)
        {
            // Who may not read it still sees that there is one.
            return "";
        }
    }
}
