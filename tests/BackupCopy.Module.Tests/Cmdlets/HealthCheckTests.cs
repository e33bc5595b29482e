using System.Management.Automation;
using BackupCopy.Health;
using BackupCopy.ModuleTests.Fixtures;
using BackupCopy.Reporting;

namespace BackupCopy.ModuleTests.Cmdlets;

/// <summary>Invoke-HealthCheck: what it says of whole and of damaged copies, and how it heals them.</summary>
public sealed class HealthCheckTests : IClassFixture<HostedModule>, IDisposable
{
    private readonly Lab _lab;

    public HealthCheckTests(HostedModule hosted) => _lab = Lab.Prepared(hosted);

    public static TheoryData<string, string> Refusals => new()
    {
        { "Invoke-HealthCheck none", "JobNotFound" },
        { "Invoke-HealthCheck -Repository none", "RepositoryNotFound" },
        { "Invoke-HealthCheck Nightly -Machine none", "MachineNotFound" },
        { "Invoke-HealthCheck -Repository Primary -Machine none", "MachineNotFound" },
        { "Invoke-HealthCheck Nightly -Percent 0", "InvalidArgument" },
        { "Invoke-HealthCheck Nightly -Percent -5", "InvalidArgument" },
        { "Invoke-HealthCheck Nightly -Percent 101", "InvalidArgument" },
        { "Invoke-HealthCheck Nightly -Percent 15 -All", "InvalidArgument" },
    };

    // How it is called, and the machines whose lines it shows.
    public static TheoryData<string, string> Scopes => new()
    {
        { "Invoke-HealthCheck Nightly", "db01 web01" },
        { "Invoke-BackupCopyHealthCheck Night* -Machine WEB*", "web01" },
        { "'Nightly' | Invoke-HealthCheck -Quick", "db01 web01" },
        { "Get-BackupCopyJob | Invoke-HealthCheck -All", "db01 web01" },
        { "Get-BackupCopySession | Invoke-HealthCheck -Percent 50 -MaxRate 1GB/s", "db01 web01" },
        { "Get-BackupCopyBackup Nightly | Invoke-HealthCheck", "db01 web01" },
        { "Invoke-HealthCheck -Repository Primary, Offsite -Machine web01", "web01 web01" },
        { "Get-BackupCopyRepository Primary | Invoke-HealthCheck -All", "db01 web01" },
        { "Get-BackupCopyRestorePoint -Repository Primary | Invoke-HealthCheck", "db01 web01" },
        { "Get-BackupCopyRestorePoint web01 | Invoke-HealthCheck -Quick", "web01 web01" },
        { "Invoke-HealthCheck (Get-BackupCopyJob) -Repair", "db01 web01" },
    };

    public void Dispose() => _lab.Dispose();

    [Theory]
    [MemberData(nameof(Refusals))]
    public void Bad_input_is_a_named_error_with_a_remedy(string script, string id)
    {
        var before = FolderState.Of(_lab.Root);

        var error = _lab.Error(script);

        Assert.Equal(id, IdOf(error));
        Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
        Assert.Equal(before, FolderState.Of(_lab.Root));
    }

    [Theory]
    [MemberData(nameof(Scopes))]
    public void Whole_copies_return_nothing_and_a_line_for_each_machine(string script, string machines)
    {
        Assert.Empty(_lab.Get($"{script} 6>$null"));

        var lines = Lines(script);
        Assert.Equal(machines.Split(' '), lines.Select(line => line.Split(':')[0]).Order());
        Assert.All(lines, line => Assert.Matches(
            @"^\w+: \d\S* \w+( of .+)? verified( by stored checksums)? in \S+s, no damage\.", line));
    }

    [Fact]
    public void A_job_without_copies_says_that_there_is_nothing_to_verify()
    {
        _lab.Get("$null = New-BackupCopyJob Later -Source Primary -Target Offsite");

        Assert.Equal(["Later: there are no restore points to verify."], Lines("Invoke-HealthCheck Later"));
    }

    [Fact]
    public void A_damaged_block_is_found_with_all_that_is_known_and_healed_from_the_source()
    {
        var file = Damage("mnt/offsite");

        var result = _lab.Run("Invoke-HealthCheck Nightly 6>$null");

        var finding = Assert.IsType<HealthFinding>(Assert.Single(result.Output).BaseObject);
        Assert.Equal(
            (HealthFindingKind.DamagedBlock, HealthFindingState.Found), (finding.Kind, finding.State));
        Assert.Equal(("Offsite", file), (finding.Repository, finding.Path));
        Assert.StartsWith("Nightly.", finding.BackupFolder);
        Assert.Matches("^(web01|db01)$", finding.Machine);
        Assert.StartsWith(finding.Machine, finding.Disk);
        Assert.InRange(finding.Offset, 4096, new FileInfo(file).Length / 2);
        Assert.Matches(@"^\d+/\d+$", finding.Record);
        Assert.Matches("^[0-9a-fA-F]{64}$", finding.Digest);
        Assert.NotNull(finding.Block);
        Assert.Equal([1L], finding.AffectedPoints);
        Assert.Contains("Primary", finding.RepairableFrom);
        Assert.NotEmpty(finding.Message);

        var error = Assert.Single(result.Errors);
        Assert.Equal("DamageFound", IdOf(error));
        Assert.StartsWith($"{finding.Machine}: 1 place of restore point 1 ", error.ErrorDetails.Message);
        Assert.Contains("-Job Nightly -Repair", error.ErrorDetails.RecommendedAction);
        Assert.Equal(finding.Machine, error.TargetObject);
    }

    [Fact]
    public void Repair_heals_and_the_machine_restores_as_it_was()
    {
        Damage("mnt/offsite");

        var healed = (HealthFinding)Assert.Single(_lab.Get("Invoke-HealthCheck Nightly -Repair 6>$null"))
            .BaseObject;

        Assert.Equal(HealthFindingState.Healed, healed.State);
        Assert.Contains("Primary", healed.RepairableFrom);
        Assert.Empty(_lab.Get("Invoke-HealthCheck Nightly -All 6>$null"));
        foreach (var file in _lab.Get("""
            Get-BackupCopyRestorePoint db01 -Repository Offsite |
                Export-BackupCopyRestorePoint -Destination restore
            """))
        {
            var restored = (FileInfo)file.BaseObject;
            Assert.Equal(
                File.ReadAllBytes(_lab.PathOf("vm", restored.Name)), File.ReadAllBytes(restored.FullName));
        }
    }

    [Fact]
    public void Damage_that_nobody_can_heal_is_left_and_an_error()
    {
        Damage("mnt/offsite");
        Damage("backup/primary");

        var result = _lab.Run("Invoke-HealthCheck Nightly -Repair 6>$null");

        var finding = (HealthFinding)Assert.Single(result.Output).BaseObject;
        Assert.Equal((HealthFindingState.Left, ""), (finding.State, finding.RepairableFrom));
        Assert.Equal("DamageFound", IdOf(Assert.Single(result.Errors)));
        Assert.NotEmpty(result.Errors[0].ErrorDetails.RecommendedAction);
    }

    [Fact]
    public async Task WhatIf_says_what_it_would_heal_and_changes_nothing()
    {
        Damage("mnt/offsite");
        var before = FolderState.Of(_lab.Root);

        var result = await ChildProcess.Shell(
            "-Command", $"Invoke-HealthCheck Nightly -Repair -WhatIf -CatalogPath '{_lab.Catalog}'");

        Assert.Contains("What if: Performing the operation \"Heal it from ", result.Output);
        Assert.Equal(1, result.ExitCode);
        Assert.Equal(before, FolderState.Of(_lab.Root));
    }

    [Fact]
    public void A_repository_without_its_descriptions_is_named_and_made_anew()
    {
        foreach (var file in Directory.GetFiles(_lab.PathOf("backup", "primary"), "repository.json*"))
        {
            File.WriteAllText(file, "{");
        }

        var result = _lab.Run("Invoke-HealthCheck -Repository Primary 6>$null");
        Assert.Equal("DamagedFile", IdOf(Assert.Single(result.Errors)));
        Assert.Contains("-Repository Primary -Repair", result.Errors[0].ErrorDetails.RecommendedAction);

        var healed = _lab.Get("Get-BackupCopyRepository Primary | Invoke-HealthCheck -Repair 6>$null");
        Assert.All(
            healed, f => Assert.Equal(HealthFindingState.Healed, ((HealthFinding)f.BaseObject).State));
        Assert.Equal(2, healed.Count);
        Assert.Empty(_lab.Get("Invoke-HealthCheck -Repository Primary 6>$null"));
    }

    [Fact]
    public void An_older_state_of_the_target_is_found_and_accepted()
    {
        foreach (var file in Directory.GetFiles(
            _lab.PathOf("mnt", "offsite"), "00000001_*", SearchOption.AllDirectories))
        {
            File.Delete(file);
        }

        var found = _lab.Run("Invoke-HealthCheck Nightly 6>$null");
        Assert.Contains(found.Errors, error => IdOf(error) == "RepositoryWentBack");
        Assert.Equal(2, found.Output.Count(
            f => f.BaseObject is HealthFinding { Kind: HealthFindingKind.WentBack }));

        _lab.Run("Invoke-HealthCheck Nightly -AcceptRollback -Confirm:$false 6>$null");

        Assert.DoesNotContain(
            _lab.Run("Invoke-HealthCheck Nightly 6>$null").Errors,
            error => IdOf(error) == "RepositoryWentBack");
    }

    [Fact]
    public async Task Accepting_asks_before()
    {
        var result = await Shell("Invoke-HealthCheck Nightly -AcceptRollback");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("Take the target for what it is now", result.Output + result.Error);
    }

    [Fact]
    public void The_history_is_shown_with_the_restore_points()
    {
        Assert.All(Points("Offsite"), p => Assert.Equal((null, ""), (p.VerifiedTime, p.VerifiedDepth)));

        _lab.Get("Invoke-HealthCheck Nightly 6>$null");

        Assert.All(Points("Offsite"), p => Assert.Equal((true, "Full", 0), (
            p.VerifiedTime is { } time && time <= DateTime.Now, p.VerifiedDepth, p.DamagedBlockCount)));

        Damage("mnt/offsite");
        _lab.Run("Invoke-HealthCheck Nightly 6>$null");
        var damaged = Assert.Single(Points("Offsite"), p => p.DamagedBlockCount > 0);

        Assert.Equal((1, RestorePointState.Complete), (damaged.DamagedBlockCount, damaged.State));
        Assert.StartsWith("1 block is damaged", damaged.Reason);

        _lab.Get("Invoke-HealthCheck Nightly -Repair 6>$null");
        Assert.All(Points("Offsite"), p => Assert.Equal((0, ""), (p.DamagedBlockCount, p.Reason)));
    }

    [Fact]
    public void Progress_names_the_machines()
    {
        var shown = _lab.Run("Invoke-HealthCheck Nightly 6>$null").Progress;

        Assert.Contains(shown, record => record.Activity == "Verifying Nightly");
        Assert.Contains(shown, record => record.Activity is "web01" or "db01");
    }

    [Fact]
    public async Task A_process_ends_with_1_for_damage_and_with_0_once_it_is_healed()
    {
        Damage("mnt/offsite");

        var found = await Shell("Invoke-HealthCheck Nightly");
        Assert.Equal(1, found.ExitCode);
        Assert.Contains("DamagedBlock", found.Output);
        Assert.Contains("1 place of restore point 1", found.Error);

        var healed = await Shell("Invoke-HealthCheck Nightly -Repair");
        Assert.Equal((0, ""), (healed.ExitCode, healed.Error));
        Assert.Contains("1 finding, 1 healed", healed.Output);
        Assert.Equal(0, (await Shell("Invoke-HealthCheck Nightly")).ExitCode);
    }

    private static string IdOf(ErrorRecord error) => error.FullyQualifiedErrorId.Split(',')[0];

    private Task<ChildResult> Shell(string command) =>
        ChildProcess.Shell("-Command", $"{command} -CatalogPath '{_lab.Catalog}'");

    private string Damage(string folder) =>
        (string)Assert.Single(_lab.Get("Add-LabDamage $args[0]", folder)).BaseObject;

    private List<string> Lines(string script) =>
        [.. _lab.Get($"{script} 6>&1").Select(line => $"{((InformationRecord)line.BaseObject).MessageData}")];

    private List<RestorePointInfo> Points(string repository) =>
        [.. _lab.Get("Get-BackupCopyRestorePoint -Repository $args[0]", repository)
            .Select(p => (RestorePointInfo)p.BaseObject)];
}
