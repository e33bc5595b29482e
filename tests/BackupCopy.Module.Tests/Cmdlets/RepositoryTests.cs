using BackupCopy.Blocks;
using BackupCopy.ModuleTests.Fixtures;
using BackupCopy.Reporting;

namespace BackupCopy.ModuleTests.Cmdlets;

public sealed class RepositoryTests : IClassFixture<HostedModule>, IDisposable
{
    private readonly Lab _lab;

    public RepositoryTests(HostedModule hosted) => _lab = new Lab(hosted);

    public void Dispose() => _lab.Dispose();

    [Theory]
    [InlineData("256KB", 256 << 10)]
    [InlineData("512KB", 512 << 10)]
    [InlineData("'1MB'", 1 << 20)]
    [InlineData("4MB", 4 << 20)]
    public void Block_size_is_written_as_people_write_sizes(string typed, int expected)
    {
        var made = One(
            $"New-BackupCopyRepository Primary backup/primary -BlockSize {typed} -Compression High");

        Assert.Equal(expected, made.BlockSizeBytes);
        Assert.Equal(Compression.High, made.Compression);
    }

    [Fact]
    public void Get_takes_names_wildcards_and_case_as_they_come()
    {
        _lab.Get("'Alpha', 'Beta', 'Gamma' | ForEach-Object { New-BackupCopyRepository $_ backup/$_ }");

        Assert.Equal(["Alpha", "Beta", "Gamma"], Names("Get-BackupCopyRepository"));
        Assert.Equal(["Alpha", "Gamma"], Names("Get-BackupCopyRepository ALPHA, *mm?"));
        Assert.Equal(["Alpha", "Beta"], Names("Get-BackupCopyRepository [a-b]*"));
        Assert.Empty(Names("Get-BackupCopyRepository nothing*"));
        Assert.Equal("RepositoryNotFound", Id("Get-BackupCopyRepository nothing"));
    }

    [Fact]
    public void One_unknown_name_keeps_no_other_from_the_output()
    {
        _lab.Get("New-BackupCopyRepository Alpha backup/alpha");

        var result = _lab.Run("Get-BackupCopyRepository nothing, Alpha");

        Assert.Single(result.Errors);
        Assert.Equal("nothing", result.Errors[0].TargetObject);
        Assert.Single(result.Output);
    }

    [Fact]
    public void Set_changes_what_is_given_and_nothing_else()
    {
        _lab.Get("New-BackupCopyRepository Primary backup/primary");
        Assert.Empty(_lab.Get("Set-BackupCopyRepository Primary -MaxRate 20MB/s"));

        var changed = One("Set-BackupCopyRepository Primary -MaxTasks 2 -PassThru");

        Assert.Equal(20L << 20, changed.MaxRateBytesPerSecond);
        Assert.Equal(2, changed.MaxTasks);
        Assert.Equal("Primary", changed.Name);
        Assert.Equal("Cellar", One("Set-BackupCopyRepository primary -NewName Cellar -PassThru").Name);
    }

    [Fact]
    public void The_way_space_returns_is_chosen_at_first_or_later()
    {
        var made = One("New-BackupCopyRepository Primary backup/primary -ReleaseMode Rewrite");
        var changed = One("Set-BackupCopyRepository Primary -ReleaseMode WholeFiles -PassThru");

        Assert.Equal(Format.ReleaseMode.Rewrite, made.ReleaseMode);
        Assert.Equal(Format.ReleaseMode.WholeFiles, changed.ReleaseMode);
        Assert.Equal(
            Format.ReleaseMode.WholeFiles,
            One("Set-BackupCopyRepository Primary -MaxTasks 2 -PassThru").ReleaseMode);
        Assert.Equal(
            "CannotConvertArgumentNoMessage", Id("Set-BackupCopyRepository Primary -ReleaseMode Never"));
    }

    [Fact]
    public void A_deep_rescan_says_what_nothing_uses()
    {
        _lab.Get("Initialize-Lab");
        var point = (RestorePointInfo)_lab.Get("Get-BackupCopyRestorePoint web01 -Repository Offsite")
            .Single().BaseObject;
        var folder = Path.GetDirectoryName(point.Path)!;
        File.Copy(
            Directory.GetFiles(folder, "*.bcblocks").Order().First(),
            Path.Combine(folder, "00000077.bcblocks"));

        var plain = (RescanResult)_lab.Get("Update-BackupCopyRepository Offsite").Single().BaseObject;
        var deep = (RescanResult)_lab.Get("Update-BackupCopyRepository Offsite -Deep").Single().BaseObject;

        Assert.Equal((0L, 0L), (plain.LeakedBytes, plain.ReclaimedBytes));
        Assert.True(deep.LeakedBytes > 0);
        Assert.Equal(deep.LeakedBytes, deep.ReclaimedBytes);
        Assert.Empty(deep.Damage);
    }

    [Fact]
    public void A_repository_that_moved_is_the_same_repository()
    {
        var made = One("New-BackupCopyRepository Primary backup/primary");
        Directory.Move(_lab.PathOf("backup", "primary"), _lab.PathOf("mnt", "moved"));

        var lost = One("Get-BackupCopyRepository Primary");
        var found = One("Set-BackupCopyRepository Primary -Path mnt/moved -PassThru");

        Assert.Equal(RepositoryState.Unavailable, lost.State);
        Assert.NotEmpty(lost.Reason);
        Assert.Equal(RepositoryState.Available, found.State);
        Assert.Equal(made.Id, found.Id);
    }

    [Fact]
    public void Forgetting_changes_no_file_says_where_they_are_and_can_be_undone()
    {
        var made = One("New-BackupCopyRepository Primary backup/primary");
        var before = FolderState.Of(made.Path);

        var said = _lab.Get("Unregister-BackupCopyRepository Prim* 6>&1");

        Assert.Contains(made.Path, Assert.Single(said).ToString());
        Assert.Empty(Names("Get-BackupCopyRepository"));
        Assert.Equal(before, FolderState.Of(made.Path));
        var again = One("Register-BackupCopyRepository backup/primary");
        Assert.Equal((made.Id, "primary"), (again.Id, again.Name));
    }

    [Fact]
    public void Rescan_finds_damage_and_says_it_as_warnings()
    {
        _lab.Get("Initialize-Lab");
        var points = Directory.GetFiles(
            _lab.PathOf("mnt", "offsite"), "*.bcpoint", SearchOption.AllDirectories);
        var bytes = File.ReadAllBytes(points[0]);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(points[0], bytes);

        var result = _lab.Run("Update-BackupCopyRepository *");

        Assert.Empty(result.Errors);
        var scans = result.Output.Select(scan => (RescanResult)scan.BaseObject).ToArray();
        Assert.Equal(["Offsite", "Primary"], scans.Select(scan => scan.Repository));
        Assert.Single(scans[0].Damage);
        Assert.Empty(scans[1].Damage);
        Assert.Contains(points[0], Assert.Single(result.Warnings));
    }

    [Fact]
    public void A_path_outside_the_file_system_is_refused()
    {
        Assert.Equal("InvalidArgument", Id("New-BackupCopyRepository Primary Env:/PATH"));
    }

    private RepositoryInfo One(string script) => (RepositoryInfo)Assert.Single(_lab.Get(script)).BaseObject;

    private IEnumerable<string> Names(string script) =>
        _lab.Get(script).Select(repository => ((RepositoryInfo)repository.BaseObject).Name);

    private string Id(string script) => _lab.Error(script).FullyQualifiedErrorId.Split(',')[0];
}
