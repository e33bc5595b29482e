using BackupCopy.ModuleTests.Fixtures;
using BackupCopy.Reporting;

namespace BackupCopy.ModuleTests.Cmdlets;

/// <summary>Optimize-BackupCopyChain.</summary>
public sealed class CompactionTests : IClassFixture<HostedModule>, IDisposable
{
    private readonly Lab _lab;

    public CompactionTests(HostedModule hosted) => _lab = Lab.Prepared(hosted);

    public static TheoryData<string, string> Refusals => new()
    {
        { "Optimize-BackupCopyChain none", "JobNotFound" },
        { "Optimize-BackupCopyChain Nightly -Machine none", "MachineNotFound" },
        { "Optimize-BackupCopyChain -Backup none", "BackupNotFound" },
        { "Optimize-BackupCopyChain -Backup none -Repository Primary", "BackupNotFound" },
        { "Optimize-BackupCopyChain -Backup Manual -Repository none", "RepositoryNotFound" },
    };

    // How it is called, and the machines that are put in order.
    public static TheoryData<string, string> Scopes => new()
    {
        { "Optimize-BackupCopyChain Nightly", "Nightly db01, Nightly web01" },
        { "Get-BackupCopyJob Night* | Optimize-BackupCopyChain -Machine web01", "Nightly web01" },
        { "Get-BackupCopyBackup | Optimize-BackupCopyChain",
            " db01, web01, Nightly db01, Nightly web01" },
        { "Optimize-BackupCopyChain -Backup Manual", " db01, web01" },
        { "Optimize-BackupCopyChain -Backup Nightly -Repository Offsite -MaxRate 1GB/s",
            "Nightly db01, Nightly web01" },
        { "Get-BackupCopyRestorePoint web01 -Repository Primary | Optimize-BackupCopyChain", "web01" },
    };

    public void Dispose() => _lab.Dispose();

    [Theory]
    [MemberData(nameof(Refusals))]
    public void Bad_input_is_a_named_error_with_a_remedy(string script, string id)
    {
        var error = _lab.Error(script);

        Assert.Equal(id, error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
    }

    [Theory]
    [MemberData(nameof(Scopes))]
    public void Each_machine_is_put_in_order_once(string script, string expected)
    {
        var results = Results(script);

        Assert.Equal(
            expected.Split(',').Select(e => e.Trim()).Order(),
            results.Select(r => $"{r.Job} {r.Machine}".Trim()).Order());
        Assert.All(results, r => Assert.Equal((false, null), (r.IsPlan, r.NeededBytes)));
        Assert.All(results, r => Assert.NotNull(r.ExtentsPerGBAfter));
    }

    [Fact]
    public void A_chain_of_increments_reads_in_fewer_extents_afterwards_and_restores_as_before()
    {
        _lab.Get("""
            $null = New-BackupCopyRepository Past -Path backup/past
            $null = New-BackupCopyJob Archive -Source Past -Target Offsite
            New-LabImage vm/web01.img 8192 1
            foreach ($day in 0..4) {
                $stream = [IO.File]::OpenWrite("$Lab/vm/web01.img")
                foreach ($place in 0..3) {
                    $stream.Position = ($place * 2 + $day % 2) * 1MB
                    $bytes = [byte[]]::new(64KB)
                    [Random]::new(100 + 10 * $day + $place).NextBytes($bytes)
                    $stream.Write($bytes, 0, $bytes.Length)
                }
                $stream.Dispose()
                $time = "2026-03-0$($day + 1)"
                $null = New-BackupCopyRestorePoint Past web01 "$Lab/vm/web01.img" -Raw -Time $time
                $null = Start-BackupCopySync Archive
            }
            """);

        var plan = Assert.Single(Results("Optimize-BackupCopyChain Archive -WhatIf"));
        var result = Assert.Single(Results("Optimize-BackupCopyChain Archive"));

        Assert.Equal(("Archive", "Offsite", "web01"), (result.Job, result.Repository, result.Machine));
        Assert.Equal(plan.ExtentsPerGBBefore, result.ExtentsPerGBBefore);
        Assert.True(result.MovedBytes > 0);
        Assert.True(plan.NeededBytes > 0);
        Assert.True(result.ExtentsPerGBAfter < result.ExtentsPerGBBefore);
        Assert.Equal(0, Assert.Single(Results("Optimize-BackupCopyChain Archive")).MovedBytes);
        var file = (FileInfo)Assert.Single(_lab.Get("""
            Get-BackupCopyRestorePoint -Repository Offsite -Backup Archive -Newest 1 |
                Export-BackupCopyRestorePoint -Destination restore
            """)).BaseObject;
        Assert.Equal(File.ReadAllBytes(_lab.PathOf("vm", "web01.img")), File.ReadAllBytes(file.FullName));
        Assert.Empty(_lab.Get("Invoke-HealthCheck Archive -All 6>$null"));
    }

    [Fact]
    public void What_the_job_says_of_compression_counts_for_older_blocks()
    {
        _lab.Get("""
            [IO.File]::WriteAllText("$Lab/vm/db01-data.img", 'the same words again and again. ' * 40000)
            $null = New-BackupCopyRestorePoint Primary db01 "$Lab/vm/db01*.img" -Raw
            Set-BackupCopyJob Nightly -Compression None
            $null = Start-BackupCopySync Nightly
            Set-BackupCopyJob Nightly -Compression High
            """);

        var moved = Results("Optimize-BackupCopyChain Nightly -Machine db01").Single();

        Assert.True(moved.MovedBytes > 0);
        Assert.Equal(0, Results("Optimize-BackupCopyChain Nightly -Machine db01").Single().MovedBytes);
        Assert.Empty(_lab.Get("Invoke-HealthCheck Nightly 6>$null"));
    }

    private List<CompactionResult> Results(string script) =>
        [.. _lab.Get(script).Select(r => (CompactionResult)r.BaseObject)];
}
