using System.Management.Automation;
using BackupCopy.ModuleTests.Fixtures;
using BackupCopy.Reporting;

namespace BackupCopy.ModuleTests.Cmdlets;

/// <summary>Set- and Remove-BackupCopyRestorePoint, and what a point tells of its future.</summary>
public sealed class PointChangeTests : IClassFixture<HostedModule>, IDisposable
{
    private readonly Lab _lab;

    public PointChangeTests(HostedModule hosted) => _lab = Lab.Prepared(hosted);

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void Points_say_why_they_stay_and_those_of_no_job_say_so()
    {
        var copy = One("Get-BackupCopyRestorePoint web01 -Repository Offsite");

        Assert.Equal(("1 of the newest 7 points", false), (copy.Why, copy.GoesNow));
        Assert.Empty(copy.Gfs);
        Assert.All(
            Points("-Repository Primary"), p => Assert.Equal("No job of this catalog keeps it.", p.Why));
    }

    [Fact]
    public void A_hold_is_set_with_its_reason_and_taken_away()
    {
        Assert.Empty(_lab.Get("""
            Get-BackupCopyRestorePoint web01 | Set-BackupCopyRestorePoint -Hold -Reason audit
            """));
        Assert.All(Points("web01"), p => Assert.EndsWith(": audit", p.HoldReason));
        Assert.Equal(
            "1 of the newest 7 points; held",
            One("Get-BackupCopyRestorePoint web01 -Repository Offsite").Why);

        var released = One("""
            Get-BackupCopyRestorePoint web01 -Repository Offsite |
                Set-BackupCopyRestorePoint -Release -PassThru
            """);

        Assert.Equal((false, ""), (released.IsHeld, released.HoldReason));
        Assert.Equal(2, Points("web01").Count(p => p.IsHeld));
    }

    [Theory]
    [InlineData("('x' * 201)")]
    [InlineData("\"one`ntwo\"")]
    public void A_reason_is_one_line_that_fits(string reason)
    {
        var before = FolderState.Of(_lab.Root);

        var error = _lab.Error($"""
            Get-BackupCopyRestorePoint db01 -Repository Primary |
                Set-BackupCopyRestorePoint -Hold -Reason {reason}
            """);

        Assert.Equal("InvalidArgument", error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Contains("200", error.ErrorDetails.RecommendedAction);
        Assert.Equal(before, FolderState.Of(_lab.Root));
        Assert.Empty(_lab.Get(
            "Get-BackupCopyRestorePoint | Set-BackupCopyRestorePoint -Hold -Reason ('x' * 200)"));
    }

    [Theory]
    [InlineData("-Hold", 1)]
    [InlineData("-Hold -Release", 0)]
    [InlineData("", 0)]
    [InlineData("-Release -Reason x", 0)]
    public void Either_hold_or_release_is_said(string how, int held)
    {
        var result = _lab.Run(
            $"Get-BackupCopyRestorePoint db01 -Repository Primary | Set-BackupCopyRestorePoint {how}");

        Assert.Equal(held == 0, result.Errors.Count > 0);
        Assert.Equal(held, Points("").Count(p => p.IsHeld));
    }

    [Fact]
    public void A_switch_that_is_false_means_the_other_one()
    {
        _lab.Get("$point = Get-BackupCopyRestorePoint db01 -Repository Primary");
        _lab.Get("$point | Set-BackupCopyRestorePoint -Release:$false");
        Assert.True(One("Get-BackupCopyRestorePoint db01 -Repository Primary").IsHeld);
        _lab.Get("$point | Set-BackupCopyRestorePoint -Hold:$false");
        Assert.False(One("Get-BackupCopyRestorePoint db01 -Repository Primary").IsHeld);
    }

    [Fact]
    public void One_error_for_each_point_that_cannot_go_and_the_others_go()
    {
        _lab.Get("""
            Get-BackupCopyRestorePoint db01 -Repository Offsite |
                Set-BackupCopyRestorePoint -Hold -Reason audit
            """);

        var result = _lab.Run(
            "Get-BackupCopyRestorePoint | Remove-BackupCopyRestorePoint -Confirm:$false -PassThru");

        // Each machine keeps its last good point in each backup; one is held anyway.
        var removed = (RestorePointInfo)Assert.Single(result.Output).BaseObject;
        Assert.Equal(("web01", "Primary", 1L), (removed.Machine, removed.Repository, removed.Sequence));
        Assert.Equal(
            ["LastGoodPoint", "LastGoodPoint", "LastGoodPoint", "PointHeld"],
            result.Errors.Select(Id).Order());
        Assert.All(result.Errors, e => Assert.IsType<RestorePointInfo>(e.TargetObject));
        Assert.All(result.Errors, e => Assert.NotEmpty(e.ErrorDetails.RecommendedAction));
        Assert.Equal(4, Points("").Count);
    }

    [Fact]
    public void Force_takes_the_last_good_point_and_not_a_held_one()
    {
        _lab.Get("Get-BackupCopyRestorePoint db01 | Set-BackupCopyRestorePoint -Hold");

        var result = _lab.Run(
            "Get-BackupCopyRestorePoint | Remove-BackupCopyRestorePoint -Confirm:$false -Force");

        Assert.Equal(["PointHeld", "PointHeld"], result.Errors.Select(Id));
        Assert.Empty(result.Output);
        Assert.Equal(["db01", "db01"], Points("").Select(p => p.Machine));
    }

    [Fact]
    public void Older_points_of_a_machine_go_and_what_was_gone_is_an_error()
    {
        _lab.Get("$points = Get-BackupCopyRestorePoint web01 -Repository Primary");
        const string older = "Remove-BackupCopyRestorePoint -Repository Primary -Machine web01 "
            + "-Before ([datetime]::Now.AddHours(-3)) -Confirm:$false";

        Assert.Empty(_lab.Get(older));

        Assert.Equal(2, One("Get-BackupCopyRestorePoint web01 -Repository Primary").Sequence);
        Assert.Equal("RestorePointNotFound", Id(_lab.Error(older)));
        Assert.Equal(
            "PointGone", Id(_lab.Error("$points[0] | Remove-BackupCopyRestorePoint -Confirm:$false")));
        Assert.Equal("PointGone", Id(_lab.Error("$points[0] | Set-BackupCopyRestorePoint -Hold")));
        Assert.Equal(
            "2", $"{_lab.Get("(Get-BackupCopyRepository Primary).RestorePointCount").Single()}");
    }

    [Fact]
    public void A_removed_point_leaves_the_others_whole()
    {
        _lab.Get("""
            Get-BackupCopyRestorePoint web01 -Repository Primary -Before ([datetime]::Now.AddHours(-3)) |
                Remove-BackupCopyRestorePoint -Confirm:$false
            """);

        var file = (FileInfo)_lab.Get("""
            Export-BackupCopyRestorePoint -Repository Primary -Machine web01 -Destination restore
            """).Single().BaseObject;

        Assert.Equal(File.ReadAllBytes(_lab.PathOf("vm", "web01.img")), File.ReadAllBytes(file.FullName));
    }

    [Fact]
    public async Task A_machine_that_is_written_keeps_its_points_each_with_an_error()
    {
        _lab.Get("Set-BackupCopyRepository Primary -MaxRate 64KB/s");
        using var running = await LabJob.StartAsync(
            _lab, "New-LabImage vm/web02.img 4000 9; New-BackupCopyRestorePoint Primary web01 vm/web02.img");

        var result = _lab.Run("""
            Get-BackupCopyRestorePoint web01 -Repository Primary |
                Remove-BackupCopyRestorePoint -Confirm:$false
            """);
        var locked = _lab.Run("""
            Get-BackupCopyRestorePoint web01 -Repository Primary -IncludeIncomplete |
                Where-Object State -eq Locked | Set-BackupCopyRestorePoint -Hold
            """);

        Assert.Equal(["ChainLocked", "ChainLocked"], result.Errors.Select(Id));
        Assert.Equal("PointLocked", Id(Assert.Single(locked.Errors)));
        await running.StopAsync();

        // What the stopped one left behind goes like any other point.
        var left = One("""
            Get-BackupCopyRestorePoint web01 -IncludeIncomplete | Where-Object State -eq Incomplete |
                Remove-BackupCopyRestorePoint -Confirm:$false -PassThru
            """);
        Assert.Equal(RestorePointState.Incomplete, left.State);
        Assert.Empty(_lab.Get("""
            Get-BackupCopyRestorePoint -IncludeIncomplete | Where-Object State -ne Complete
            """));
        Assert.Equal(2, Points("web01 -Repository Primary").Count);
    }

    [Fact]
    public async Task What_if_says_the_bytes_that_return()
    {
        var result = await ChildProcess.Shell("-Command", $"""
            $PSDefaultParameterValues['*-BackupCopy*:CatalogPath'] = '{_lab.Catalog}'
            Get-BackupCopyRestorePoint web01 -Repository Primary -Before ([datetime]::Now.AddHours(-3)) |
                Remove-BackupCopyRestorePoint -WhatIf
            """);

        Assert.Equal("", result.Error);
        Assert.Matches(
            @"Remove the restore point of \d{4}-\d\d-\d\d \d\d:\d\d:\d\d; \d+ KB return", result.Output);
        Assert.Contains("web01 in Primary (Manual.", result.Output);
    }

    private RestorePointInfo One(string script) =>
        (RestorePointInfo)Assert.Single(_lab.Get(script)).BaseObject;

    private List<RestorePointInfo> Points(string arguments) =>
    [
        .. _lab.Get($"Get-BackupCopyRestorePoint {arguments}").Select(p => (RestorePointInfo)p.BaseObject),
    ];

    private static string Id(ErrorRecord error) => error.FullyQualifiedErrorId.Split(',')[0];
}
