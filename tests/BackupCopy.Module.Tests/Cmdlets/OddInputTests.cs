using System.IO.Hashing;
using System.Text;
using BackupCopy.Jobs;
using BackupCopy.ModuleTests.Fixtures;
using BackupCopy.Reporting;

namespace BackupCopy.ModuleTests.Cmdlets;

/// <summary>Repositories of another version or with damage; machines and disks at the edge.</summary>
public sealed class OddInputTests : IClassFixture<HostedModule>, IDisposable
{
    private readonly Lab _lab;

    public OddInputTests(HostedModule hosted) => _lab = Lab.Prepared(hosted);

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void A_repository_that_needs_a_newer_program_is_refused_and_says_which()
    {
        ChangeDescription("\"readVersion\":1", "\"readVersion\":7");

        var listed = (RepositoryInfo)_lab.Get("Get-BackupCopyRepository Offsite").Single().BaseObject;
        var error = _lab.Error("Get-BackupCopyRestorePoint -Repository Offsite");

        Assert.Equal(RepositoryState.Unavailable, listed.State);
        Assert.Equal("UnsupportedFormat", error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Contains("version 7", error.Exception.Message);
    }

    [Fact]
    public void A_repository_that_only_a_newer_program_may_write_can_be_read()
    {
        ChangeDescription("\"writeVersion\":1", "\"writeVersion\":7");

        var listed = (RepositoryInfo)_lab.Get("Get-BackupCopyRepository Offsite").Single().BaseObject;
        var points = _lab.Get("Get-BackupCopyRestorePoint -Repository Offsite");
        var error = Assert.Single(_lab.Run("Start-BackupCopySync Nightly").Errors);

        Assert.Equal(RepositoryState.ReadOnly, listed.State);
        Assert.Equal(2, points.Count);
        Assert.Equal("UnsupportedFormat", error.FullyQualifiedErrorId.Split(',')[0]);
    }

    [Theory]
    [InlineData("Set-BackupCopyRestorePoint -Hold")]
    [InlineData("Remove-BackupCopyRestorePoint -Force -Confirm:$false")]
    [InlineData("Remove-BackupCopyRestorePoint -Force -WhatIf")]
    public void What_cannot_be_changed_is_named_point_by_point(string change)
    {
        ChangeDescription("\"writeVersion\":1", "\"writeVersion\":7");

        var points = _lab.Get("Get-BackupCopyRestorePoint -Repository Offsite")
            .Select(p => (RestorePointInfo)p.BaseObject).ToArray();
        var errors = _lab.Run($"Get-BackupCopyRestorePoint -Repository Offsite | {change}").Errors;

        Assert.Equal(
            points.Select(p => $"{p.Machine} of {p.Time:yyyy-MM-dd HH:mm:ss}: "),
            errors.Select(e => e.Exception.Message[..(e.Exception.Message.IndexOf(": ") + 2)]));
    }

    [Fact]
    public void A_damaged_description_is_an_error_only_when_its_copy_is_damaged_too()
    {
        File.WriteAllText(Description("repository.json"), "{");
        Assert.Equal(2, _lab.Get("Get-BackupCopyRestorePoint -Repository Offsite").Count);

        File.WriteAllText(Description("repository.json.copy"), "{");
        var error = _lab.Error("Get-BackupCopyRestorePoint -Repository Offsite");

        Assert.Equal("DamagedFile", error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Contains(Description("repository.json"), error.Exception.Message);
    }

    [Fact]
    public void Another_drive_at_the_place_of_a_repository_is_not_taken_for_it()
    {
        _lab.Get("$null = New-BackupCopyRepository Other mnt/other");
        Directory.Move(_lab.PathOf("mnt", "offsite"), _lab.PathOf("mnt", "away"));
        Directory.Move(_lab.PathOf("mnt", "other"), _lab.PathOf("mnt", "offsite"));

        var error = Assert.Single(_lab.Run("Start-BackupCopySync Nightly").Errors);

        Assert.Equal("RepositoryMismatch", error.FullyQualifiedErrorId.Split(',')[0]);
    }

    [Fact]
    public void A_name_in_another_case_is_the_same_machine()
    {
        _lab.Get("$null = New-BackupCopyRestorePoint Primary WEB01 vm/web01.img");

        var points = _lab.Get("Get-BackupCopyRestorePoint web01 -Repository Primary")
            .Select(point => (RestorePointInfo)point.BaseObject).ToArray();
        Assert.Equal(3, points.Length);
        Assert.Equal("web01", Assert.Single(points.Select(point => point.Machine).Distinct()));
    }

    [Theory]
    [InlineData("('ü' * 127 + 'x')")]
    [InlineData("'web 01: the \"old\" one / <best>'")]
    [InlineData("'...'")]
    [InlineData("'Nightly.12345678'")]
    public void A_long_or_odd_name_works_from_end_to_end(string name)
    {
        var output = _lab.Get($"""
            $name = {name}
            $null = New-BackupCopyRestorePoint Primary $name vm/web01.img
            $null = New-BackupCopyJob $name -Source Primary -Target Offsite -Machine $name
            (Start-BackupCopySync $name).Result
            (Get-BackupCopyRestorePoint $name -Repository Offsite).Machine -eq $name
            (Export-BackupCopyRestorePoint -Repository Offsite -Machine $name -Destination restore).Length
            """);

        Assert.Equal(
            [SessionResult.Success, true, 1024L * 1024], output.Select(result => result.BaseObject));
    }

    [Fact]
    public void A_clock_that_was_set_back_stops_no_copy()
    {
        _lab.Get("""
            $null = Start-BackupCopySync Nightly
            Edit-LabImage vm/web01.img 99
            $null = New-BackupCopyRestorePoint Primary web01 vm/web01.img -Time '2001-01-01'
            """);

        var session = (SessionInfo)_lab.Get("Start-BackupCopySync Nightly").Single().BaseObject;
        var points = _lab.Get("Get-BackupCopyRestorePoint web01 -Repository Offsite");
        var newest = (RestorePointInfo)points[^1].BaseObject;

        Assert.Equal(512 * 1024, session.ReadBytes);
        Assert.Equal(2001, newest.Time.Year);
    }

    [Fact]
    public void A_huge_sparse_disk_costs_what_is_in_it()
    {
        const long size = 8L << 40;
        var image = _lab.PathOf("vm", "huge.img");
        using (var file = File.Create(image))
        {
            file.SetLength(size);
            file.Position = size - 5000;
            file.Write("the end"u8);
        }

        var session = (SessionInfo)_lab.Get("""
            $null = New-BackupCopyRestorePoint Primary huge vm/huge.img -Raw
            Start-BackupCopySync Nightly -Machine huge
            """).Single().BaseObject;

        Assert.Equal(SessionResult.Success, session.Result);
        Assert.InRange(session.ReadBytes, 1, 512 * 1024);
        var restored = _lab.Get("""
            Export-BackupCopyRestorePoint -Repository Offsite -Machine huge -Destination restore
            """).Single();
        Assert.Equal(size, ((FileInfo)restored.BaseObject).Length);
    }

    private string Description(string file) => _lab.PathOf("mnt", "offsite", file);

    private void ChangeDescription(string from, string to)
    {
        foreach (var file in new[] { "repository.json", "repository.json.copy" })
        {
            var text = File.ReadAllText(Description(file));
            Assert.Contains(from, text);
            var start = text.IndexOf("\"repository\":", StringComparison.Ordinal) + "\"repository\":".Length;
            var inner = text[start..text.LastIndexOf('}')].Replace(from, to);
            var checksum = Convert.ToHexStringLower(XxHash128.Hash(Encoding.UTF8.GetBytes(inner)));
            File.WriteAllText(
                Description(file), $"{{\"checksum\":\"xxh128:{checksum}\",\"repository\":{inner}}}\n");
        }
    }
}
