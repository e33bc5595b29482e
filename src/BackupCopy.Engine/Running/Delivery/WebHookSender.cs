using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Text;

namespace BackupCopy.Running.Delivery;

/// <summary>Sends reports as JSON to the web hook. Its address is a secret: messages name the host.</summary>
internal sealed class WebHookSender : IDisposable
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    private const int MostRedirects = 3;

    private readonly Engine _engine;
    private readonly string _address;
    private readonly HttpClient _client;

    public WebHookSender(Engine engine, string address)
    {
        _engine = engine;
        _address = address;
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = ServerTrust.Of(engine),
            },
        })
        {
            // The clock of the engine limits each report.
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("BackupCopy", Origin.Version));
    }

    /// <summary>The host of an address, for messages.</summary>
    public static string HostOf(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) ? uri.Authority : "the web hook";

    /// <param name="id">The same at each try of one report.</param>
    public async Task<SendResult> SendAsync(Guid id, string json, CancellationToken cancellation)
    {
        using var limit = new TimeLimit(Limit, _engine.Time, cancellation);
        try
        {
            return await PostAsync(id, Encoding.UTF8.GetBytes(json), limit.Token);
        }
        catch (OperationCanceledException) when (limit.IsOver)
        {
            return Failed($"did not answer within {Limit.TotalSeconds:0} s", "Check that it works.", true);
        }
        catch (HttpRequestException error)
        {
            cancellation.ThrowIfCancellationRequested();
            return Failed(
                $"cannot be reached: {MailError.Line(Reason(error))}",
                "Check the address, its certificate and the network.", true);
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task<SendResult> PostAsync(Guid id, byte[] json, CancellationToken cancellation)
    {
        var target = new Uri(_address);
        for (var redirects = 0; ; redirects++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, target)
            {
                Content = new ByteArrayContent(json),
            };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            request.Headers.Add("Idempotency-Key", $"{id}");

            // The answer's body is nothing that anybody reads.
            using var response = await _client.SendAsync(
                request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            if (response.IsSuccessStatusCode)
            {
                return new SendResult.Sent([HostOf(_address)], []);
            }

            if (SameServer(target, response) is not { } next || redirects == MostRedirects)
            {
                return Refused(response.StatusCode);
            }

            target = next;
        }
    }

    // Another host would get the report, and perhaps a token, that it was not meant to have.
    private static Uri? SameServer(Uri from, HttpResponseMessage response)
    {
        if (response.StatusCode is not (HttpStatusCode.MovedPermanently or HttpStatusCode.Found
            or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect)
            || response.Headers.Location is not { } location)
        {
            return null;
        }

        var next = new Uri(from, location);
        return next.Scheme == from.Scheme && next.Authority == from.Authority ? next : null;
    }

    private SendResult.Failed Refused(HttpStatusCode status) => (int)status switch
    {
        >= 300 and < 400 => Failed(
            $"answers {(int)status} and leads to another server",
            "Set the address that it leads to, with Set-BackupCopySetting -Webhook.", true),
        401 or 403 or 404 or 410 => Failed(
            $"answers {(int)status} {status}", "Set its address anew with Set-BackupCopySetting -Webhook.",
            true),
        429 or >= 500 => Failed($"answers {(int)status} {status}", "Check that it works.", true),
        _ => Failed(
            $"refuses the report with {(int)status} {status}",
            "Check that it takes JSON by POST, and what its log says.", false),
    };

    private SendResult.Failed Failed(string what, string remedy, bool isServer) => new(
        new BackupCopyException(
            ErrorCode.MailFailed, $"The web hook at {HostOf(_address)} {what}.", remedy), isServer);

    private static string Reason(HttpRequestException error) =>
        error.InnerException is { } inner ? inner.Message : error.Message;
}
