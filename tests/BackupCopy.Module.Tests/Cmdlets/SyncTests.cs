using BackupCopy.Jobs;
using BackupCopy.ModuleTests.Fixtures;
using BackupCopy.Reporting;

namespace BackupCopy.ModuleTests.Cmdlets;

public sealed class SyncTests : IClassFixture<HostedModule>, IDisposable
{
    private readonly Lab _lab;

    public SyncTests(HostedModule hosted) => _lab = Lab.Prepared(hosted);

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void The_plan_says_what_the_sync_then_does()
    {
        var plan = _lab.Get("Measure-BackupCopySync Nightly")
            .Select(machine => (SyncPlanInfo)machine.BaseObject).ToArray();
        var session = Sync("Start-BackupCopySync Nightly");

        Assert.Equal(["db01", "web01"], plan.Select(machine => machine.Machine).Order());
        var copied = Assert.Single(plan, machine => machine.Action == SyncAction.Copy);
        Assert.Equal(("web01", RestorePointType.Increment, true), (copied.Machine, copied.Type, copied.Fits));
        Assert.Equal(session.ReadBytes, copied.ReadBytes);
        Assert.InRange(session.TransferredBytes + session.ClonedBytes, 1, copied.StoreBytes);
        Assert.All(
            _lab.Get("Measure-BackupCopySync *"),
            machine => Assert.Equal(SyncAction.UpToDate, ((SyncPlanInfo)machine.BaseObject).Action));
    }

    [Fact]
    public void A_machine_can_be_copied_alone_and_as_a_full()
    {
        var session = Sync("Start-BackupCopySync Nightly -Machine db* -FullBackup");
        var points = _lab.Get("Get-BackupCopyRestorePoint db01 -Repository Offsite");

        Assert.Equal("db01", Assert.Single(session.Machines).Machine);
        Assert.Equal(
            [RestorePointType.Full, RestorePointType.Full],
            points.Select(point => ((RestorePointInfo)point.BaseObject).Type));
    }

    [Fact]
    public void WhatIf_says_the_plan_in_words_and_copies_nothing()
    {
        var before = FolderState.Of(_lab.PathOf("mnt"));
        Assert.Empty(_lab.Get("Start-BackupCopySync Nightly -WhatIf"));
        Assert.Equal(before, FolderState.Of(_lab.PathOf("mnt")));
        Assert.Single(_lab.Get("Get-BackupCopySession"));
    }

    [Fact]
    public void Each_failed_machine_is_an_error_and_the_session_comes_all_the_same()
    {
        BreakSource("web01");

        var result = _lab.Run("Start-BackupCopySync Nightly -FullBackup");

        var session = (SessionInfo)Assert.Single(result.Output).BaseObject;
        Assert.Equal((SessionResult.Failed, 1, 2),
            (session.Result, session.FailedCount, session.MachineCount));
        var error = Assert.Single(result.Errors);
        Assert.Equal("DamagedRecord", error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal("web01", error.TargetObject);
        Assert.StartsWith("web01: ", error.Exception.Message);
        Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
        var failed = session.Machines.Single(machine => machine.Result == SessionResult.Failed);
        Assert.Equal(("web01", "DamagedRecord"), (failed.Machine, failed.Error));
    }

    [Fact]
    public void An_error_that_has_to_stop_lets_the_other_machines_finish_first()
    {
        BreakSource("web01");

        var result = _lab.Run("Start-BackupCopySync Nightly -FullBackup -ErrorAction Stop");

        Assert.Single(result.Output);
        Assert.NotEmpty(result.Errors);
        var last = (SessionInfo)_lab.Get("Get-BackupCopySession -Newest 1").Single().BaseObject;
        Assert.Equal(
            [("db01", SessionResult.Success), ("web01", SessionResult.Failed)],
            last.Machines.Select(machine => (machine.Machine, machine.Result)).Order());
    }

    [Fact]
    public void A_session_that_cannot_begin_its_work_is_an_error_too()
    {
        Directory.Move(_lab.PathOf("mnt", "offsite"), _lab.PathOf("mnt", "away"));

        var result = _lab.Run("Start-BackupCopySync Nightly");

        var session = (SessionInfo)Assert.Single(result.Output).BaseObject;
        Assert.Equal(SessionResult.Failed, session.Result);
        Assert.StartsWith("RepositoryUnavailable: ", session.Reason);
        var error = Assert.Single(result.Errors);
        Assert.Equal("RepositoryUnavailable", error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal("Nightly", error.TargetObject);
    }

    [Fact]
    public void A_source_that_is_away_is_a_warning_while_another_is_there()
    {
        _lab.Get("""
            $null = New-BackupCopyRepository Second -Path backup/second
            Set-BackupCopyJob Nightly -Source Primary, Second
            """);
        Directory.Move(_lab.PathOf("backup", "second"), _lab.PathOf("backup", "away"));

        var result = _lab.Run("Start-BackupCopySync Nightly");

        Assert.Empty(result.Errors);
        Assert.Contains("second", Assert.Single(result.Warnings));
        Assert.Equal(SessionResult.Warning, ((SessionInfo)result.Output.Single().BaseObject).Result);
    }

    [Fact]
    public void Jobs_run_one_after_the_other_by_wildcard_and_from_the_pipeline()
    {
        _lab.Get("$null = New-BackupCopyJob Weekly -Source Primary -Target Offsite");

        Assert.Equal(["Nightly", "Weekly"], Jobs("Start-BackupCopySync *"));
        Assert.Equal(["Weekly", "Nightly"], Jobs("'Weekly', 'Nightly' | Start-BackupCopySync"));
        Assert.Equal(["Nightly", "Weekly"], Jobs("Get-BackupCopyJob | Start-BackupCopySync"));
        Assert.Empty(_lab.Get("Start-BackupCopySync nothing*"));
    }

    private IEnumerable<string> Jobs(string script) =>
        _lab.Get(script).Select(session => ((SessionInfo)session.BaseObject).Job);

    private SessionInfo Sync(string script) => (SessionInfo)Assert.Single(_lab.Get(script)).BaseObject;

    private void BreakSource(string machine)
    {
        var blocks = Directory.GetFiles(
            _lab.PathOf("backup", "primary"), "*.bcblocks", SearchOption.AllDirectories);
        foreach (var file in blocks.Where(path => Path.GetDirectoryName(path)!.Contains($"{machine}.")))
        {
            var bytes = File.ReadAllBytes(file);
            bytes[bytes.Length / 2] ^= 1;
            File.WriteAllBytes(file, bytes);
        }
    }
}
