using BackupCopy.ModuleTests.Fixtures;
using BackupCopy.Reporting;

namespace BackupCopy.ModuleTests.Cmdlets;

public sealed class RestorePointTests : IClassFixture<HostedModule>, IDisposable
{
    private readonly Lab _lab;

    public RestorePointTests(HostedModule hosted) => _lab = Lab.Prepared(hosted);

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void Wildcards_name_the_disks_in_order_and_a_file_of_that_very_name_wins()
    {
        _lab.Get("New-LabImage 'vm/odd[1].img'; New-LabImage vm/odd1.img");

        var many = One("New-BackupCopyRestorePoint Primary db02 vm/db01*.img");
        var odd = One("New-BackupCopyRestorePoint Primary odd 'vm/odd[1].img'");

        Assert.Equal(["db01-data.img", "db01.img"], many.Disks.Select(disk => disk.Name));
        Assert.Equal("odd[1].img", Assert.Single(odd.Disks).Name);
    }

    [Fact]
    public void Time_and_backup_are_what_was_given()
    {
        var point = One("""
            New-BackupCopyRestorePoint Primary web01 vm/web01.img -Backup Saved -Time '2026-01-02 03:04:05'
            """);

        Assert.Equal(new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Local), point.Time);
        Assert.Equal("Saved", point.Backup);
        Assert.Equal(RestorePointType.Full, point.Type);
    }

    [Theory]
    [InlineData("", 6)]
    [InlineData("-Repository Offsite", 2)]
    [InlineData("web01", 3)]
    [InlineData("WEB*, db*", 6)]
    [InlineData("-Repository Primary -Newest 1", 3)]
    [InlineData("-Backup Nightly", 2)]
    [InlineData("-Backup Manual -Machine db01", 1)]
    [InlineData("-After ([datetime]::Now.AddHours(-3))", 2)]
    [InlineData("-Before ([datetime]::Now.AddHours(-25.5))", 2)]
    [InlineData("web01 -After ([datetime]::Now)", 0)]
    [InlineData("nothing*", 0)]
    public void Get_filters(string arguments, int expected)
    {
        _lab.Get("$null = New-BackupCopyRestorePoint Primary db01 vm/db01.img -Backup Other");

        Assert.Equal(expected, _lab.Get($"Get-BackupCopyRestorePoint {arguments}").Count);
    }

    [Theory]
    [InlineData("nothing", "MachineNotFound", "nothing")]
    [InlineData("-Repository nothing", "RepositoryNotFound", "nothing")]
    [InlineData("-Backup nothing", "BackupNotFound", "nothing")]
    [InlineData("web01 -Backup nothing", "BackupNotFound", "nothing")]
    public void A_name_that_nothing_has_is_an_error(string arguments, string id, string target)
    {
        var error = _lab.Run($"Get-BackupCopyRestorePoint {arguments}").Errors[^1];

        Assert.Equal(id, error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal(target, error.TargetObject);
    }

    [Fact]
    public void A_machine_has_to_be_in_one_of_the_repositories_only()
    {
        _lab.Get("$null = New-BackupCopyRepository Empty backup/empty");

        Assert.Equal(3, _lab.Get("Get-BackupCopyRepository | Get-BackupCopyRestorePoint web01").Count);
        Assert.Single(_lab.Run("Get-BackupCopyRepository | Get-BackupCopyRestorePoint nothing").Errors);
    }

    [Fact]
    public void A_repository_that_is_away_is_a_warning_unless_it_is_asked_for()
    {
        Directory.Move(_lab.PathOf("mnt", "offsite"), _lab.PathOf("mnt", "away"));

        var everything = _lab.Run("Get-BackupCopyRestorePoint");
        var asked = _lab.Run("Get-BackupCopyRestorePoint web01 -Repository Offsite");

        Assert.Equal(3, everything.Output.Count);
        Assert.Empty(everything.Errors);
        Assert.Single(everything.Warnings);
        var error = Assert.Single(asked.Errors);
        Assert.Equal("RepositoryUnavailable", error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Empty(asked.Warnings);
    }

    [Fact]
    public void Export_takes_the_newest_point_before_a_time()
    {
        var before = File.ReadAllBytes(_lab.PathOf("vm", "web01.img"));

        var newest = Export("-Repository Primary -Machine web01");
        var older = Export("-Repository Primary -Machine web01 -Before ([datetime]::Now.AddHours(-3))");

        Assert.Equal(before, File.ReadAllBytes(Assert.Single(newest)));
        Assert.NotEqual(before, File.ReadAllBytes(Assert.Single(older)));
    }

    [Fact]
    public void Export_chooses_disks_and_replaces_only_with_Force()
    {
        const string data = "-Repository Offsite -Machine db01 -Disk *data*";
        var file = Assert.Single(Export(data));
        Assert.Equal("db01-data.img", Path.GetFileName(file));
        File.WriteAllText(file, "something of the admin");

        var error = _lab.Error($"Export-BackupCopyRestorePoint {data} -Destination restore");

        Assert.Equal("DestinationExists", error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal("something of the admin", File.ReadAllText(file));
        Export(data + " -Force");
        Assert.Equal(File.ReadAllBytes(_lab.PathOf("vm", "db01-data.img")), File.ReadAllBytes(file));
    }

    [Fact]
    public void Export_returns_a_file_for_each_image_of_each_point()
    {
        var files = _lab.Get("""
            Get-BackupCopyRestorePoint -Repository Offsite |
                Export-BackupCopyRestorePoint -Destination restore
            """);

        Assert.Equal(3, files.Count);
        Assert.All(files, file => Assert.True(((FileInfo)file.BaseObject).Exists));
    }

    private RestorePointInfo One(string script) =>
        (RestorePointInfo)Assert.Single(_lab.Get(script)).BaseObject;

    private IReadOnlyList<string> Export(string arguments) =>
    [
        .. _lab.Get($"Export-BackupCopyRestorePoint {arguments} -Destination restore")
            .Select(file => ((FileInfo)file.BaseObject).FullName),
    ];
}
