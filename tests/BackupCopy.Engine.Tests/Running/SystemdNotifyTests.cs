using System.Net.Sockets;
using System.Text;
using BackupCopy.Running.Service;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Running;

/// <summary>What the service tells systemd, received by a real socket.</summary>
public sealed class SystemdNotifyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Socket _systemd = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    public SystemdNotifyTests() => Assert.SkipUnless(
        OperatingSystem.IsLinux(), "there is no systemd, and elsewhere no such socket");

    public void Dispose()
    {
        _systemd.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Service_says_when_it_is_ready_what_it_does_and_that_it_stops(bool isAbstract)
    {
        using var notify = Listen(isAbstract, watchdog: null);
        await using var lab = new ServiceLab();
        await lab.StartAsync(new ServiceOptions { Notify = notify });
        Assert.Equal("READY=1", Receive());
        Assert.Equal("STATUS=1 jobs, 0 running", Receive());
        await lab.StopAsync();
        Assert.Equal("STOPPING=1", Receive());
    }

    [Fact]
    public async Task Watchdog_is_told_twice_within_its_time()
    {
        using var notify = Listen(isAbstract: false, watchdog: TimeSpan.FromSeconds(8));
        Assert.Equal(TimeSpan.FromSeconds(4), notify.AliveEvery);
        await using var lab = new ServiceLab();
        await lab.StartAsync(new ServiceOptions { Notify = notify, Poll = TimeSpan.FromHours(1) });
        Drain();
        await lab.PassAsync(TimeSpan.FromSeconds(40));
        Assert.InRange(Drain().Count(line => line == "WATCHDOG=1"), 10, 11);
    }

    [Fact]
    public void Systemd_that_is_gone_disturbs_nobody()
    {
        using var notify = new SystemdNotify(_folder["nobody"]);
        notify.Ready();
        notify.Status("Two\nlines");
        notify.Alive();
        notify.Stopping();
    }

    private SystemdNotify Listen(bool isAbstract, TimeSpan? watchdog)
    {
        var name = isAbstract ? $"@backupcopy-test-{Guid.NewGuid():N}" : _folder["notify"];
        _systemd.Bind(new UnixDomainSocketEndPoint(isAbstract ? '\0' + name[1..] : name));
        _systemd.ReceiveTimeout = 30_000;
        return new SystemdNotify(name, watchdog);
    }

    private string Receive()
    {
        var buffer = new byte[4096];
        return Encoding.UTF8.GetString(buffer, 0, _systemd.Receive(buffer));
    }

    private List<string> Drain()
    {
        var lines = new List<string>();
        while (_systemd.Available > 0)
        {
            lines.Add(Receive());
        }

        return lines;
    }
}
