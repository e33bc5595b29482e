using BackupCopy.Jobs;
using BackupCopy.ModuleTests.Fixtures;
using BackupCopy.Reporting;

namespace BackupCopy.ModuleTests.Cmdlets;

public sealed class SessionTests : IClassFixture<HostedModule>, IDisposable
{
    private readonly Lab _lab;

    public SessionTests(HostedModule hosted)
    {
        _lab = Lab.Prepared(hosted);
        _lab.Get("""
            $null = Start-BackupCopySync Nightly
            $null = New-BackupCopyJob Weekly -Source Primary -Target Offsite | Start-BackupCopySync
            """);
    }

    public void Dispose() => _lab.Dispose();

    [Theory]
    [InlineData("", "Weekly Nightly Nightly")]
    [InlineData("-Newest 2", "Weekly Nightly")]
    [InlineData("nightly", "Nightly Nightly")]
    [InlineData("* -Newest 1", "Nightly Weekly")]
    [InlineData("-Result Success", "Weekly Nightly Nightly")]
    [InlineData("-Result Failed", "")]
    [InlineData("-Running", "")]
    [InlineData("-After ([datetime]::Now.AddMinutes(5))", "")]
    [InlineData("-After ([datetime]::Now.AddMinutes(-5)) -Job Weekly", "Weekly")]
    [InlineData("-Job (Get-BackupCopyJob Weekly)", "Weekly")]
    public void Get_filters_and_begins_with_the_newest(string arguments, string expected) => Assert.Equal(
        expected,
        string.Join(' ', _lab.Get($"Get-BackupCopySession {arguments}")
            .Select(session => ((SessionInfo)session.BaseObject).Job)));

    [Fact]
    public void A_session_is_found_by_its_id_and_by_itself()
    {
        var session = (SessionInfo)_lab.Get("Get-BackupCopySession Weekly").Single().BaseObject;

        var byId = _lab.Get("Get-BackupCopySession -Id $args[0]", session.Id).Single().BaseObject;
        var byObject = _lab.Get("Get-BackupCopySession -Id $args[0]", session).Single().BaseObject;

        Assert.Equal(session.Id, ((SessionInfo)byId).Id);
        Assert.Equal(session.Id, ((SessionInfo)byObject).Id);
        var unknown = _lab.Error("Get-BackupCopySession -Id ([guid]::Empty)");
        Assert.Equal("SessionNotFound", unknown.FullyQualifiedErrorId.Split(',')[0]);
    }

    [Fact]
    public void Machine_tasks_are_what_the_session_did()
    {
        var tasks = _lab.Get("Get-BackupCopySession Weekly | Get-BackupCopyMachineTask")
            .Select(task => (MachineTaskInfo)task.BaseObject).OrderBy(task => task.Machine).ToArray();

        Assert.Equal(["db01", "web01"], tasks.Select(task => task.Machine));
        Assert.All(tasks, task => Assert.Equal(SessionResult.Success, task.Result));
        Assert.Equal(2100 * 1024, tasks[0].SizeBytes);
        Assert.True(tasks[0].ReadBytes > 0 && tasks[0].TransferredBytes + tasks[0].ClonedBytes > 0);
        Assert.Equal("Primary", tasks[0].SourceRepository);
    }

    [Fact]
    public void Events_say_what_happened_in_which_phase_and_local_time()
    {
        var session = (SessionInfo)_lab.Get("Get-BackupCopySession Weekly").Single().BaseObject;

        Assert.Equal(SyncPhase.Idle, session.Phase);
        Assert.Equal(
            Enum.GetValues<SyncPhase>().Where(phase => phase != SyncPhase.Idle),
            session.Events.Select(happened => happened.Phase).Distinct());
        Assert.Equal(
            ["db01", "web01"],
            session.Events.Select(happened => happened.Machine).Where(machine => machine.Length > 0).Order());
        Assert.All(session.Events, happened => Assert.InRange(
            happened.Time, session.StartTime, session.EndTime!.Value));
        Assert.All(session.Events, happened => Assert.Equal(DateTimeKind.Local, happened.Time.Kind));
    }
}
