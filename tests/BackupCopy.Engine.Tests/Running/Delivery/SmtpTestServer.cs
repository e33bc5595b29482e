using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MimeKit;

namespace BackupCopy.Tests.Running.Delivery;

/// <summary>
/// A mail server on loopback: EHLO, STARTTLS or TLS from the first byte, AUTH PLAIN and LOGIN, and whatever
/// goes wrong with servers. It keeps what it took.
/// </summary>
internal sealed class SmtpTestServer : IAsyncDisposable
{
    public const string User = "backup";
    public const string Password = "pw-4711-secret";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly TaskCompletionSource _stalled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _accepting = Task.CompletedTask;

    public X509Certificate2? Certificate { get; init; }
    public bool IsTlsFromTheStart { get; init; }
    public bool WantsPassword { get; init; } = true;

    /// <summary>
    /// What it answers to a command that begins so, in place of doing it; "drop" hangs up, "stall" says
    /// nothing any more. May change while it runs.
    /// </summary>
    public ConcurrentDictionary<string, string> Answers { get; } = [];
    public ConcurrentQueue<MimeMessage> Messages { get; } = [];
    public ConcurrentQueue<string> Recipients { get; } = [];
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How often somebody connected.</summary>
    public int Connections => _connections.Count;

    /// <summary>Ends once it says nothing any more.</summary>
    public Task Stalled => _stalled.Task;

    public SmtpTestServer Start()
    {
        _listener.Start();
        _accepting = AcceptAsync();
        return this;
    }

    /// <summary>May be called in the middle of a test, to be gone.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_ending.Token);
                _connections.Add(Task.Run(() => ServeAsync(client)));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        try
        {
            Stream stream = client.GetStream();
            if (IsTlsFromTheStart)
            {
                stream = await SecureAsync(stream);
            }

            await new Conversation(this, stream, IsTlsFromTheStart).RunAsync();
        }
        catch (Exception error) when (
            error is IOException or OperationCanceledException or HangUpException
                or System.Security.Authentication.AuthenticationException)
        {
            // The client went away, or the server wants it so.
        }
    }

    private async Task<Stream> SecureAsync(Stream stream)
    {
        var secure = new SslStream(stream);
        await secure.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions { ServerCertificate = Certificate }, _ending.Token);
        return secure;
    }

    private sealed class HangUpException : Exception;

    private sealed class Conversation(SmtpTestServer server, Stream stream, bool isSecure)
    {
        private StreamReader _reader = Reader(stream);
        private Stream _stream = stream;
        private bool _isSecure = isSecure;
        private bool _isKnown;
        private readonly List<string> _to = [];

        public async Task RunAsync()
        {
            await SayAsync("220 mail.test ready", "CONNECT");
            while (await _reader.ReadLineAsync(server._ending.Token) is { } line)
            {
                var command = line.Split(' ')[0].ToUpperInvariant();
                if (Scripted(line) is { } answer)
                {
                    await SayAsync(answer, "");
                    continue;
                }

                if (command == "QUIT")
                {
                    await SayAsync("221 bye", "");
                    return;
                }

                await DoAsync(command, line);
            }
        }

        private async Task DoAsync(string command, string line)
        {
            switch (command)
            {
                case "EHLO":
                    var tls = server.Certificate is not null && !_isSecure ? "250-STARTTLS\r\n" : "";
                    await SayAsync($"250-mail.test\r\n{tls}250-AUTH PLAIN LOGIN\r\n250 SIZE 5000000", "");
                    break;
                case "STARTTLS":
                    await SayAsync("220 go on", "");
                    _stream = await server.SecureAsync(_stream);
                    _reader = Reader(_stream);
                    _isSecure = true;
                    break;
                case "AUTH":
                    await AuthenticateAsync(line);
                    break;
                case "MAIL":
                    _to.Clear();
                    await SayAsync(
                        server.WantsPassword && !_isKnown
                            ? "530 5.7.0 Authentication required" : "250 ok", "");
                    break;
                case "RCPT":
                    _to.Add(line[(line.IndexOf('<') + 1)..line.IndexOf('>')]);
                    await SayAsync("250 ok", "");
                    break;
                case "DATA":
                    await TakeAsync();
                    break;
                default:
                    await SayAsync("250 ok", "");
                    break;
            }
        }

        private async Task AuthenticateAsync(string line)
        {
            var parts = line.Split(' ');
            string[] given;
            if (parts[1] == "PLAIN")
            {
                given = Text(parts.Length > 2 ? parts[2] : await AskAsync("334 ")).Split('\0')[1..];
            }
            else
            {
                given =
                [
                    Text(parts.Length > 2 ? parts[2] : await AskAsync("334 VXNlcm5hbWU6")),
                    Text(await AskAsync("334 UGFzc3dvcmQ6")),
                ];
            }

            _isKnown = given is [User, Password];
            await SayAsync(_isKnown ? "235 welcome" : "535 5.7.8 Authentication failed", "");
        }

        private async Task TakeAsync()
        {
            await SayAsync("354 go on", "");
            var text = new StringBuilder();
            while (await _reader.ReadLineAsync(server._ending.Token) is { } line && line != ".")
            {
                text.Append(line.StartsWith('.') ? line[1..] : line).Append("\r\n");
                if (server.Answers.ContainsKey("DATA-MIDDLE"))
                {
                    throw new HangUpException();
                }
            }

            if (Scripted("DATA-END") is { } answer)
            {
                await SayAsync(answer, "");
                return;
            }

            using var bytes = new MemoryStream(Encoding.Latin1.GetBytes(text.ToString()));
            server.Messages.Enqueue(await MimeMessage.LoadAsync(bytes));
            _to.ForEach(server.Recipients.Enqueue);
            await SayAsync("250 taken", "");
        }

        private string? Scripted(string line) => server.Answers
            .Where(a => line.StartsWith(a.Key, StringComparison.OrdinalIgnoreCase))
            .OrderByDescending(a => a.Key.Length).Select(a => a.Value).FirstOrDefault();

        private async Task<string> AskAsync(string question)
        {
            await SayAsync(question, "");
            return await _reader.ReadLineAsync(server._ending.Token) ?? throw new HangUpException();
        }

        private async Task SayAsync(string answer, string moment)
        {
            var said = moment.Length > 0 ? Scripted(moment) ?? answer : answer;
            if (said == "drop")
            {
                throw new HangUpException();
            }

            if (said == "stall")
            {
                server._stalled.TrySetResult();
                await Task.Delay(Timeout.Infinite, server._ending.Token);
            }

            await _stream.WriteAsync(Encoding.ASCII.GetBytes(said + "\r\n"), server._ending.Token);
            await _stream.FlushAsync(server._ending.Token);
        }

        private static StreamReader Reader(Stream stream) => new(stream, Encoding.Latin1);

        private static string Text(string base64) =>
            Encoding.UTF8.GetString(Convert.FromBase64String(base64));
    }
}
