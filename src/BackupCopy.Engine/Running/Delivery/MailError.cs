using System.Net.Sockets;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace BackupCopy.Running.Delivery;

/// <summary>
/// Turns what a mail server says, or does not, into a sentence and a remedy; the only place that knows its
/// codes.
/// </summary>
internal static class MailError
{
    private const string Settings = "Set-BackupCopySetting";

    /// <summary>Whether this kind of error is the mail server's or the way's to it.</summary>
    public static bool IsMail(Exception error) => error
        is SocketException or IOException or SslHandshakeException or AuthenticationException
        or SaslException or ServiceNotAuthenticatedException or ServiceNotConnectedException
        or CommandException or ProtocolException or NotSupportedException or TimeoutException;

    public static SendResult.Failed From(Exception error, string server, bool isConnecting) => error switch
    {
        AuthenticationException or SaslException => Server(
            $"{server} refuses user name or password: {Line(error.Message)}.",
            $"Set the right ones with {Settings} -Credential.", error),
        ServiceNotAuthenticatedException => Server(
            $"{server} wants a user name and a password: {Line(error.Message)}.",
            $"Give them with {Settings} -Credential.", error),
        SslHandshakeException => Server(
            $"The certificate of {server} is not trusted, or it speaks no TLS there: "
            + $"{FirstLine(error.Message)}.",
            $"Name the server as its certificate does, have this machine trust the certificate's root, or "
            + $"choose the right port and {Settings} -Tls.", error),
        SmtpCommandException refused => Refused(refused, server, isConnecting),
        NotSupportedException when isConnecting => Server(
            $"{server} does not offer what the settings want of it: {Line(error.Message)}.",
            $"Choose another port or {Settings} -Tls, or leave the credential away.", error),
        SocketException => Server(
            $"{server} cannot be reached: {Line(error.Message)}.",
            $"Check the server's name, its port and the network; {Settings} -SmtpServer -SmtpPort.", error),
        _ when isConnecting => Server(
            $"{server} does not speak as a mail server does: {Line(error.Message)}.",
            $"Check port and {Settings} -Tls; a server with TLS from the first byte needs -Tls Tls.", error),
        _ => Server(
            $"The connection to {server} broke while the report was sent: {Line(error.Message)}.",
            "It is sent again; check the server's log if that goes on.", error),
    };

    public static SendResult.Failed TimedOut(string server, TimeSpan limit) => Server(
        $"{server} did not answer within {limit.TotalSeconds:0} s.",
        "Check that the server works and that no firewall swallows the connection.");

    public static SendResult.Failed NoTls(string server) => Server(
        $"{server} offers no TLS, and the password would travel in the clear.",
        $"Use a server or port with TLS, or say with {Settings} -Tls None that it may.");

    public static SendResult.Failed NobodyAccepted(string server, IReadOnlyList<Refusal> refused) => new(
        Failed(
            $"{server} takes none of the recipients: {Text(refused)}.",
            "Correct the addresses with Set-BackupCopySetting -To or Set-BackupCopyJob -MailTo, or let the "
            + "server relay for this machine."), IsServer: false);

    public static string Text(IEnumerable<Refusal> refused) =>
        string.Join(", ", refused.Select(r => $"{r.Address} ({r.Text})"));

    public static string Text(SmtpResponse response) =>
        Line($"{(int)response.StatusCode} {response.Response}");

    public static bool IsTemporary(SmtpResponse response) => (int)response.StatusCode is >= 400 and < 500;

    /// <summary>One line, of a length that a table bears.</summary>
    public static string Line(string text)
    {
        var line = string.Join(' ', text.Split(
            ['\r', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        var shown = string.Concat(line.Where(c => !char.IsControl(c))).TrimEnd('.', ' ');
        return shown.Length <= 300 ? shown : string.Concat(shown.AsSpan(0, 299), "…");
    }

    private static SendResult.Failed Refused(SmtpCommandException error, string server, bool isConnecting)
    {
        var said = Line($"{(int)error.StatusCode} {error.Message}");
        return error switch
        {
            { StatusCode: SmtpStatusCode.ExceededStorageAllocation } => new(
                Failed($"The report is too large for {server}: {said}.",
                    "Let the server take larger mails, or send the reports elsewhere.", error), false),
            { ErrorCode: SmtpErrorCode.SenderNotAccepted } => Server(
                $"{server} takes no mail from {error.Mailbox?.Address}: {said}.",
                $"Choose a sender that the account may use, with {Settings} -From.", error),
            _ when isConnecting || error.StatusCode == SmtpStatusCode.ServiceNotAvailable => Server(
                $"{server} takes no mail now: {said}.",
                "It is tried again; check the server if that goes on.", error),
            _ => new(
                Failed($"{server} refuses the report: {said}.",
                    "Look in the server's log for its reason.", error), IsServer: false),
        };
    }

    private static string FirstLine(string text) => Line(text.Split('\n')[0]);

    private static SendResult.Failed Server(string text, string remedy, Exception? error = null) =>
        new(Failed(text, remedy, error), IsServer: true);

    private static BackupCopyException Failed(string text, string remedy, Exception? error = null) =>
        new(ErrorCode.MailFailed, text, remedy, error);
}
