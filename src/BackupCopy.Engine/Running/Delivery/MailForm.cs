using BackupCopy.Jobs;
using BackupCopy.Reporting.Mail;
using MimeKit;

namespace BackupCopy.Running.Delivery;

/// <summary>Makes a mail of a report.</summary>
internal static class MailForm
{
    /// <param name="id">The same at each try, for whoever gets it twice.</param>
    public static MimeMessage Make(
        MailReport report, MailSettings mail, IReadOnlyList<string> to, Guid id, string origin,
        DateTimeOffset now)
    {
        var from = Address(mail.From);
        var message = new MimeMessage
        {
            Subject = ReportSubject.Of(mail.Subject, report),
            Date = now,
            MessageId = $"{id:N}@{(from.Domain.Length > 0 ? from.Domain : "backupcopy.invalid")}",
            Importance = report.Result == SessionResult.Failed
                ? MessageImportance.High : MessageImportance.Normal,
            Body = new BodyBuilder
            {
                TextBody = ReportPlainText.Of(report, origin),
                HtmlBody = ReportHtml.Of(report, origin),
            }.ToMessageBody(),
        };
        message.From.Add(
            from.Name is { Length: > 0 } ? from : new MailboxAddress("BackupCopy", from.Address));
        message.To.AddRange(to.Select(Address));

        // RFC 3834: no holiday note comes back.
        message.Headers.Add("Auto-Submitted", "auto-generated");
        message.Headers.Add("X-BackupCopy-Result", report.Result.ToString());
        return message;
    }

    /// <summary>Whether it is one address, with or without a name.</summary>
    public static bool IsAddress(string text) =>
        MailboxAddress.TryParse(text, out var address) && address.LocalPart.Length > 0
        && address.Domain.Length > 0 && !text.AsSpan().ContainsAny('\r', '\n');

    private static MailboxAddress Address(string text) =>
        MailboxAddress.TryParse(text, out var address) ? address : throw new BackupCopyException(
            ErrorCode.MailNotConfigured, $"\"{text}\" is no mail address.",
            "Correct it with Set-BackupCopySetting or Set-BackupCopyJob -MailTo.");
}
