using BackupCopy.Jobs;
using BackupCopy.ModuleTests.Fixtures;
using BackupCopy.Reporting;

namespace BackupCopy.ModuleTests.Cmdlets;

public sealed class EventTests : IClassFixture<HostedModule>, IDisposable
{
    private readonly Lab _lab;

    public EventTests(HostedModule hosted)
    {
        _lab = Lab.Prepared(hosted);

        // A session in which web01 failed and db01 did not.
        var broken = Directory.GetFiles(_lab.PathOf("backup"), "*.bcblocks", SearchOption.AllDirectories)
            .Where(path => Path.GetDirectoryName(path)!.Contains("web01.")).ToList();
        broken.ForEach(path => File.Move(path, path + ".away"));
        Assert.Single(_lab.Run("Start-BackupCopySync Nightly -FullBackup").Output);
    }

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void Events_come_one_at_a_time_oldest_first_with_number_and_session()
    {
        var session = (SessionInfo)_lab.Get("Get-BackupCopySession -Newest 1").Single().BaseObject;

        var events = Events("Get-BackupCopySession -Newest 1 | Get-BackupCopyEvent");

        Assert.Equal(session.Events, events);
        Assert.Equal(events.OrderBy(e => e.Time), events);
        Assert.All(events, e => Assert.Equal(
            ("Nightly", session.Id, ((SessionEventId)e.Id).ToString()), (e.Job, e.SessionId, e.Name)));
        Assert.Equal(events, Events($"Get-BackupCopyEvent {session.Id}"));
    }

    [Fact]
    public void Levels_and_machines_narrow_them()
    {
        const string last = "Get-BackupCopySession -Newest 1 | Get-BackupCopyEvent";

        Assert.All(Events($"{last} -Level Warning"), e => Assert.True(e.Level >= EventLevel.Warning));
        var error = Assert.Single(Events($"{last} -Level Error -Machine web*"));
        Assert.Equal("web01", error.Machine);
        Assert.NotEmpty(Events($"{last} -Machine DB01"));
        Assert.Empty(Events($"{last} -Level Error -Machine db01"));
        Assert.Empty(Events($"{last} -Machine none"));
    }

    [Fact]
    public void An_event_leads_to_its_session_and_its_job()
    {
        var shown = _lab.Get("""
            $first = (Get-BackupCopySession -Newest 1 | Get-BackupCopyEvent)[0]
            $first | Get-BackupCopyJob
            (Get-BackupCopyEvent $first)[0]
            """);

        Assert.Equal("Nightly", ((JobInfo)shown[0].BaseObject).Name);
        Assert.IsType<SessionEventInfo>(shown[1].BaseObject);
    }

    private SessionEventInfo[] Events(string script) =>
        [.. _lab.Get(script).Select(e => (SessionEventInfo)e.BaseObject)];
}
