using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace BackupCopy.Tests.Running.Delivery;

/// <summary>A web hook on loopback that keeps what it got and answers what it is told to.</summary>
internal sealed class HookTestServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource _stalled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentBag<Task> _connections = [];
    private Task _accepting = Task.CompletedTask;

    /// <summary>The answers to come, then 204; "stall" gives none.</summary>
    public ConcurrentQueue<string> Answers { get; } = [];
    public ConcurrentQueue<(string Head, string Body)> Requests { get; } = [];
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;
    public Task Stalled => _stalled.Task;

    public HookTestServer Start()
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
            var stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.UTF8);
            var head = new StringBuilder();
            while (await reader.ReadLineAsync(_ending.Token) is { Length: > 0 } line)
            {
                head.AppendLine(line);
            }

            var length = head.ToString().Split('\n')
                .Where(l => l.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
                .Select(l => int.Parse(l.Split(':')[1])).Single();
            var body = new char[length];
            var read = await reader.ReadBlockAsync(body.AsMemory(), _ending.Token);
            Requests.Enqueue((head.ToString(), new string(body, 0, read)));
            var answer = Answers.TryDequeue(out var told) ? told : "204 No Content";
            if (answer == "stall")
            {
                _stalled.TrySetResult();
                await Task.Delay(Timeout.Infinite, _ending.Token);
            }

            await stream.WriteAsync(
                Encoding.ASCII.GetBytes(
                    $"HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
                _ending.Token);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // The client went away.
        }
    }
}
