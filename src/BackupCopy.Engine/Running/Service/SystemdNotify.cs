using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace BackupCopy.Running.Service;

/// <summary>
/// Tells systemd how the service is, over the datagram socket that it names in NOTIFY_SOCKET: ready once the
/// catalog's lock is held, what it does, that it lives, that it stops. Whoever does not listen is not told.
/// </summary>
internal sealed class SystemdNotify : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly UnixDomainSocketEndPoint _address;
    private string _status = "";

    /// <param name="path">The socket; one that begins with @ has its name in no file system.</param>
    /// <param name="watchdog">How long systemd takes silence for life; null for ever.</param>
    public SystemdNotify(string path, TimeSpan? watchdog = null)
    {
        _address = new UnixDomainSocketEndPoint(path[0] == '@' ? '\0' + path[1..] : path);
        AliveEvery = watchdog / 2;
    }

    /// <summary>How often <see cref="Alive"/> has to be called; null for never.</summary>
    public TimeSpan? AliveEvery { get; }

    /// <summary>Null where no systemd started this process.</summary>
    public static SystemdNotify? FromEnvironment()
    {
        var path = Environment.GetEnvironmentVariable("NOTIFY_SOCKET");
        if (string.IsNullOrEmpty(path) || path[0] is not ('/' or '@') || !Socket.OSSupportsUnixDomainSockets)
        {
            return null;
        }

        var text = Environment.GetEnvironmentVariable("WATCHDOG_USEC");
        var isWatched = long.TryParse(text, CultureInfo.InvariantCulture, out var watchdog) && watchdog > 0;
        return new SystemdNotify(path, isWatched ? TimeSpan.FromMicroseconds(watchdog) : null);
    }

    public void Ready() => Send("READY=1");

    public void Stopping() => Send("STOPPING=1");

    /// <summary>Sent when it became another.</summary>
    public void Status(string text)
    {
        if (text != _status)
        {
            _status = text;
            Send($"STATUS={text.ReplaceLineEndings(" ")}");
        }
    }

    public void Alive()
    {
        if (AliveEvery is not null)
        {
            Send("WATCHDOG=1");
        }
    }

    public void Dispose() => _socket.Dispose();

    private void Send(string message)
    {
        try
        {
            _socket.SendTo(Encoding.UTF8.GetBytes(message), _address);
        }
        catch (SocketException)
        {
            // Nobody listens any more; the jobs run all the same.
        }
    }
}
