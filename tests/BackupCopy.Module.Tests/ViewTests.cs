using System.Collections;
using System.Reflection;
using System.Xml.Linq;
using BackupCopy.ModuleTests.Fixtures;
using BackupCopy.Health;
using BackupCopy.Reporting;
using BackupCopy.Retention;

namespace BackupCopy.ModuleTests;

public sealed class ViewTests : IClassFixture<PreparedLab>
{
    private static readonly string s_views = Path.Combine(Places.Module, "BackupCopy.Format.ps1xml");
    private static readonly string s_types = Path.Combine(Places.Module, "BackupCopy.Types.ps1xml");
    private static readonly Assembly s_engine = typeof(JobInfo).Assembly;

    private readonly Lab _lab;

    public ViewTests(PreparedLab prepared) => _lab = prepared.Lab;

    // A second copy that is gone harms nothing, and so the lab.
    private const string Finding =
        "$in = (Get-BackupCopyRepository Offsite).Path; "
        + "[IO.Directory]::GetFiles($in, '*.bcpoint.copy', 'AllDirectories') | "
        + "ForEach-Object { [IO.File]::Delete($_) }; Invoke-HealthCheck Nightly -Quick 6>$null";

    // What each kind of object comes from.
    public static TheoryData<string, string> Kinds => new()
    {
        { nameof(RepositoryInfo), "Get-BackupCopyRepository" },
        { nameof(RestorePointInfo), "Get-BackupCopyRestorePoint" },
        { nameof(BackupInfo), "Get-BackupCopyBackup" },
        { nameof(JobInfo), "Get-BackupCopyJob" },
        { nameof(LookForwardInfo), "Get-LookForward -CatalogPath $Lab/catalog.db" },
        { nameof(SessionInfo), "Get-BackupCopySession" },
        { nameof(SessionEventInfo), "(Get-BackupCopySession).Events" },
        { nameof(MachineTaskInfo), "Get-BackupCopySession | Get-BackupCopyMachineTask" },
        { nameof(SettingsInfo), "Get-BackupCopySetting" },
        { nameof(SyncPlanInfo), "Measure-BackupCopySync Nightly" },
        { nameof(RescanResult), "Update-BackupCopyRepository Primary" },
        { nameof(RetentionResult), "Invoke-BackupCopyRetention Nightly" },
        { nameof(RetentionForecastInfo), "Measure-BackupCopyRetention Nightly -Days 30" },
        { nameof(ExistingPoint), "(Measure-BackupCopyRetention Nightly -Days 30).Existing" },
        { nameof(HealthFinding), Finding },
        { nameof(CompactionResult), "Optimize-BackupCopyChain Nightly" },
        { nameof(ForecastDay), "(Measure-BackupCopyRetention Nightly -Days 5).Days" },
        { nameof(RetainedPoint), "(Measure-BackupCopyRetention Nightly -Days 30).LastDay" },
    };

    // A forecast is shown by its calendar unless a table is asked for.
    public static TheoryData<string, string> Tables =>
        [.. Kinds.Where(row => row.Data.Item1 != nameof(RetentionForecastInfo))];

    [Fact]
    public void Every_object_of_the_module_has_a_table_and_a_list()
    {
        var views = XDocument.Load(s_views).Descendants("View")
            .Where(view => view.Element("CustomControl") is null)
            .Select(view => (Kind: KindOf(view), HasTable: view.Element("TableControl") is not null))
            .ToArray();

        foreach (var kind in Kinds.Select(row => FullName(row.Data.Item1)))
        {
            Assert.Equal([true, false], views.Where(v => v.Kind == kind).Select(v => v.HasTable));
        }
    }

    [Fact]
    public void Every_property_that_a_view_names_is_there()
    {
        foreach (var view in XDocument.Load(s_views).Descendants("View"))
        {
            var type = s_engine.GetType(KindOf(view), throwOnError: true)!;
            Assert.All(
                view.Descendants("PropertyName"), name => Assert.NotNull(type.GetProperty(name.Value)));
        }

        foreach (var entry in XDocument.Load(s_types).Descendants("Type"))
        {
            var type = s_engine.GetType(entry.Element("Name")!.Value, throwOnError: true)!;
            var names = entry.Descendants("ReferencedProperties").Elements("Name");
            Assert.All(names, name => Assert.NotNull(type.GetProperty(name.Value)));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_script_block_of_a_view_shows_something(string kind, string command)
    {
        var blocks = XDocument.Load(s_views).Descendants("View")
            .Where(view => KindOf(view) == FullName(kind))
            .Descendants("ScriptBlock").Select(block => block.Value).Distinct();

        foreach (var block in blocks)
        {
            Assert.All(
                _lab.Get($"{command} | ForEach-Object {{ $value = & {{ {block} }}; $null -ne $value }}"),
                value => Assert.Equal(true, value.BaseObject));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_list_of_an_object_can_be_indexed(string kind, string command)
    {
        var objects = _lab.Get(command);

        Assert.NotEmpty(objects);
        Assert.All(objects, shown => AssertListsHaveIndexers(shown.BaseObject, kind));
    }

    [Fact]
    public async Task Tables_fit_and_show_sizes_and_local_times()
    {
        var lines = await Shown("Get-BackupCopyRestorePoint web01 -Repository Primary");

        Assert.Equal(
            "Machine Time                Type      State    Repository GFS Removal Backup Size   Added",
            lines[0]);
        Assert.Equal(4, lines.Length);
        Assert.Matches(
            @"^web01   \d{4}-\d\d-\d\d \d\d:\d\d:\d\d Full      Complete Primary {16}Manual 1 MB 1\.\d+ MB$",
            lines[2]);
    }

    [Theory]
    [InlineData("Disable-BackupCopyJob Nightly", "Disabled")]
    [InlineData("Enable-BackupCopyJob Nightly; Set-BackupCopyJob Nightly -Every 1d -At 22:00", "Idle")]
    public async Task Jobs_fit_in_80_columns(string before, string state)
    {
        var lines = await Shown($"{before}; Get-BackupCopyJob");

        Assert.Matches(@"^Name +State +LastResult +LastRun +NextRun +Lag$", lines[0]);
        Assert.Matches(
            $@"^Nightly {state} +Success +\d{{4}}-\d\d-\d\d \d\d:\d\d .*1d 00h$", lines[2]);
        Assert.All(lines, line => Assert.InRange(line.Length, 1, 80));
    }

    [Fact]
    public async Task A_forecast_is_shown_by_its_calendar()
    {
        var lines = await Shown("Measure-BackupCopyRetention -KeepDays 9 -SizeBytes 1GB -Days 30");

        Assert.Equal("9 days", lines[0]);
        Assert.Matches(
            @"^At most 11 points, 1\.\d+ GB from \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d, then:$", lines[1]);
        Assert.Matches(@"^\d{4}-\d\d .* o o", lines[4]);
    }

    [Fact]
    public async Task What_becomes_of_points_is_shown_with_their_machine()
    {
        var lines = await Shown("(Measure-BackupCopyRetention Nightly -Days 30).Existing");

        Assert.Matches("^Machine +Time +GFS +Goes +Why$", lines[0]);
        Assert.Contains(lines, line => line.StartsWith("db01 "));
        Assert.Contains(lines, line => line.StartsWith("web01 "));
        Assert.Matches(
            @"^\d{4}-\d\d-\d\d +\d+ .*\d{4}-\d\d-\d\d",
            (await Shown("(Measure-BackupCopyRetention -KeepPoints 3 -Days 3).Days"))[2]);
    }

    [Theory]
    [MemberData(nameof(Tables))]
    public async Task Every_table_is_shown_without_an_error(string kind, string command)
    {
        var lines = await Shown(command);

        Assert.True(lines.Length >= 3, $"{kind} shows {lines.Length} lines");
        Assert.StartsWith("--", lines[1]);
        Assert.DoesNotContain("#ERR", string.Join('\n', lines));
    }

    // PowerShell asks the type of the value for an indexer, and without one takes [0] for all of it.
    private static void AssertListsHaveIndexers(object shown, string path)
    {
        foreach (var property in shown.GetType().GetProperties()
            .Where(p => p.PropertyType != typeof(string) && p.GetIndexParameters().Length == 0))
        {
            var value = property.GetValue(shown);
            var name = $"{path}.{property.Name}";
            if (value is IEnumerable list and not string)
            {
                Assert.True(
                    list is Array || value.GetType().GetDefaultMembers().Length > 0,
                    $"{name} is a {value.GetType().Name}");
                foreach (var item in list.Cast<object>().Take(3))
                {
                    AssertListsHaveIndexers(item, name);
                }
            }
            else if (value?.GetType().Assembly == s_engine && value is not Enum)
            {
                AssertListsHaveIndexers(value, name);
            }
        }
    }

    private static string FullName(string kind) =>
        s_engine.GetExportedTypes().Single(type => type.Name == kind).FullName!;

    private static string KindOf(XElement view) => view.Descendants("TypeName").Single().Value;

    private async Task<string[]> Shown(string command)
    {
        var catalog = $"$PSDefaultParameterValues['*-BackupCopy*:CatalogPath'] = '{_lab.Catalog}'";
        var result = await ChildProcess.Shell("-Command", $"{catalog}; {command}");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        return [.. result.Output.Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0)];
    }
}
