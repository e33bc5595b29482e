using BackupCopy.Jobs;
using BackupCopy.ModuleTests.Fixtures;
using BackupCopy.Reporting;

namespace BackupCopy.ModuleTests.Cmdlets;

/// <summary>What New- and Set-BackupCopyJob do with schedule, window, scripts and reports.</summary>
public sealed class JobControlTests : IClassFixture<PreparedLab>, IDisposable
{
    private const string New = "New-BackupCopyJob Bad -Source Primary -Target Offsite";

    private readonly HostedModule _hosted = new();
    private readonly Lab _kept;
    private readonly Lab _lab;

    public JobControlTests(PreparedLab prepared)
    {
        _kept = prepared.Lab;
        _lab = Lab.Prepared(_hosted);
    }

    public static TheoryData<string, string, string> Refusals => new()
    {
        { "-Every 0m", "InvalidArgument", "1m to 366d" },
        { "-Every 3650d", "InvalidArgument", "1m to 366d" },
        { "-Every 30s", "InvalidArgument", "1m to 366d" },
        { "-At 22:00", "InvalidArgument", "in days" },
        { "-Every 4h -At 22:00", "InvalidArgument", "in days" },
        { "-Every 1d -At 25:00", "InvalidArgument", "22:00" },
        { "-Every 1d -At 22", "InvalidArgument", "22:00" },
        { "-Every 1d -TimeZone Middle/Earth", "InvalidArgument", "Europe/Berlin" },
        { "-Allow 'Mon-Fri 20:00'", "InvalidArgument", "Mon-Fri 20:00-06:00" },
        { "-Allow Someday", "InvalidArgument", "Mon-Fri 20:00-06:00" },
        { "-Deny 00:00-00:00", "InvalidArgument", "Mon-Fri 20:00-06:00" },
        { "-Allow Mon -Deny Mon", "InvalidArgument", "-Deny leave some" },
        { "-Deny Mon-Sun", "InvalidArgument", "-Allow for any time" },
        { "-PreScript nothing.sh", "ScriptNotFound", "arguments are further items" },
        { "-PostScript vm", "ScriptNotFound", "arguments are further items" },
        { "-PreScript Env:/PATH", "InvalidArgument", "a file or folder" },
        { "-ScriptTimeout 0s", "InvalidArgument", "1s to 24h" },
        { "-ScriptTimeout 2d", "InvalidArgument", "1s to 24h" },
        { "-ScriptEvery 0", "InvalidArgument", "1 to 9999" },
        { "-ScriptEvery 2 -ScriptOn Monday", "InvalidArgument", "either ScriptEvery or ScriptOn" },
        { "-ScriptOn Someday", "InvalidArgument", "Sunday, Monday" },
        { "-RpoWarning 10s", "InvalidArgument", "1m or more" },
        { "-MailTo nobody", "InvalidArgument", "ops@example.org" },
        { "-ReportOn Sometimes", "InvalidArgument", "Always, Warning" },
    };

    public void Dispose()
    {
        _lab.Dispose();
        _hosted.Dispose();
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public void What_cannot_be_is_refused_before_anything_is_stored(
        string arguments, string id, string remedy)
    {
        foreach (var script in new[] { $"{New} {arguments}", $"Set-BackupCopyJob Nightly {arguments}" })
        {
            var error = _kept.Error(script);
            Assert.Equal(id, error.FullyQualifiedErrorId.Split(',')[0]);
            Assert.Contains(remedy, error.ErrorDetails.RecommendedAction);
        }

        Assert.Empty(_kept.Get("Get-BackupCopyJob Bad*"));
        Assert.Equal("by hand", Job("Get-BackupCopyJob Nightly", _kept).Schedule);
    }

    [Theory]
    [InlineData("-Every 15", "no duration")]
    [InlineData("-RpoWarning soon", "no duration")]
    [InlineData("-MaxRate fast", "no rate")]
    [InlineData("-Mode Sometimes", "Periodic")]
    [InlineData("-OnPreScriptFailure Cry", "SkipRun")]
    public void What_cannot_be_read_is_refused_by_its_parameter(string arguments, string said) =>
        Assert.Contains(said, _kept.Error($"{New} {arguments}").Exception.Message);

    [Fact]
    public void A_new_job_is_started_by_hand_at_any_time_and_tells_nobody()
    {
        var job = Job("New-BackupCopyJob Plain -Source Primary -Target Offsite");

        Assert.Equal((true, "by hand", null, ""), (job.IsEnabled, job.Schedule, job.Every, job.At));
        Assert.Equal((JobMode.Periodic, "open", 0), (job.Mode, job.CurrentWindow, job.MaxRateBytesPerSecond));
        Assert.Equal((false, true), (job.LookForward, job.IsLookForwardInherited));
        string[] lists = [.. job.Allow, .. job.Deny, .. job.PreScript, .. job.PostScript, .. job.MailTo];
        Assert.Empty(lists);
        Assert.Equal((TimeSpan.FromMinutes(15), 1), (job.ScriptTimeout, job.ScriptEvery));
        Assert.Equal(PreScriptFailure.Fail, job.OnPreScriptFailure);
        Assert.Null(job.RpoWarning);
        Assert.Null(job.ReportOn);
        Assert.Null(job.NextRun);
    }

    [Fact]
    public void Everything_is_kept_shown_changed_and_taken_back()
    {
        NewScript("pre.sh");
        var made = Job("""
            New-BackupCopyJob Full -Source Primary -Target Offsite -TimeZone UTC -Every 1d -At 22:00 `
                -Allow 'Mon-Fri 20:00-06:00', 'Sat,Sun at 20MB/s' -Deny 'Sat 12:00-13:00' -MaxRate 100Mbit/s `
                -PreScript pre.sh, one, 'two three' -PostScript "$Lab/pre.sh" -ScriptTimeout 90s `
                -OnPreScriptFailure Warn -ScriptOn Monday, fri -AllowHostedScript `
                -RpoWarning 26h -MailTo a@example.org, b@example.org -ReportOn warning
            """);
        Assert.Equal(
            ("every 1d at 22:00", TimeSpan.FromDays(1), "22:00"), (made.Schedule, made.Every, made.At));
        Assert.Equal(["Mon-Fri 20:00-06:00", "Sat,Sun at 20MB/s"], made.Allow);
        Assert.Equal(["Sat 12:00-13:00"], made.Deny);
        Assert.Equal(12_500_000, made.MaxRateBytesPerSecond);
        Assert.Equal([_lab.PathOf("pre.sh"), "one", "two three"], made.PreScript);
        Assert.Equal([_lab.PathOf("pre.sh")], made.PostScript);
        Assert.Equal((TimeSpan.FromSeconds(90), null), (made.ScriptTimeout, made.ScriptEvery));
        Assert.Equal([DayOfWeek.Monday, DayOfWeek.Friday], made.ScriptOn);
        Assert.Equal((PreScriptFailure.Warn, true), (made.OnPreScriptFailure, made.AllowHostedScript));
        Assert.Equal(
            (TimeSpan.FromHours(26), ReportOn.Warning), (made.RpoWarning, made.ReportOn));
        Assert.Equal(["a@example.org", "b@example.org"], made.MailTo);
        Assert.NotNull(made.NextRun);
        Assert.Matches("^(open|closed)", made.CurrentWindow);

        var changed = Job("""
            Set-BackupCopyJob Full -Every '' -Allow @() -Deny '' -MaxRate 0 -PreScript @() -PostScript '' `
                -ScriptTimeout '' -OnPreScriptFailure Fail -ScriptEvery 3 -AllowHostedScript:$false `
                -RpoWarning '' -MailTo @() -ReportOn '' -PassThru
            """);
        var plain = Job("New-BackupCopyJob Plain -Source Primary -Target Offsite -TimeZone UTC");
        Assert.Equal(3, changed.ScriptEvery);
        Assert.Equal(
            Text(plain with { ScriptEvery = 3 }), Text(changed with
            {
                Id = plain.Id,
                Name = plain.Name,
            }));
    }

    [Fact]
    public void A_job_from_the_pipeline_brings_its_control_and_what_is_typed_beats_it()
    {
        NewScript("pre.sh");
        _lab.Get("""
            Set-BackupCopyJob Nightly -Every 1d -At 21:30 -Allow Sat, Sun -Deny 'Sun 01:00-02:00' `
                -MaxRate 5MB/s -PreScript pre.sh, x -ScriptOn Monday -RpoWarning 2d -MailTo a@example.org `
                -ReportOn Failed
            """);

        var same = Job("Get-BackupCopyJob Nightly | New-BackupCopyJob -Name Same");
        var days = Job("Get-BackupCopyJob Nightly | New-BackupCopyJob -Name Days -Every 2d");
        var other = Job(
            "Get-BackupCopyJob Nightly | New-BackupCopyJob -Name Other -Every 4h -ScriptEvery 2 -Allow @()");

        var nightly = Job("Get-BackupCopyJob Nightly");
        Assert.Equal(
            Text(nightly with { LastResult = default, LastRun = null }),
            Text(same with { Id = nightly.Id, Name = "Nightly" }));
        Assert.Equal("every 2d at 21:30", days.Schedule);
        Assert.Equal(("every 4h", 2), (other.Schedule, other.ScriptEvery));
        Assert.Empty(other.Allow);
        Assert.Equal(["Sun 01:00-02:00"], other.Deny);

        // The object of a job says which one is meant, not what it was like.
        var set = Job("""
            $old = Get-BackupCopyJob Nightly
            Set-BackupCopyJob Nightly -Every 3d -Deny @()
            $old | Set-BackupCopyJob -MaxRate 1MB/s -PassThru
            """);
        Assert.Equal(("every 3d at 21:30", 1 << 20), (set.Schedule, set.MaxRateBytesPerSecond));
        Assert.Empty(set.Deny);
    }

    [Fact]
    public void Rows_of_a_table_say_what_their_cells_fill_in()
    {
        NewScript("pre.sh");
        var row = Job("""
            [pscustomobject]@{
                Name = 'Row'; Source = 'Primary'; Target = 'Offsite'; Every = '1d'; At = '23:00'; Mode = ''
                Allow = 'Mon-Fri 20:00-06:00; Sat,Sun'; Deny = ''; MaxRate = '20MB/s'; PreScript = 'pre.sh'
                PostScript = ''; ScriptTimeout = ''; OnPreScriptFailure = ''; ScriptEvery = ''
                ScriptOn = 'Mon,Tue'; AllowHostedScript = 'true'; RpoWarning = '26h'
                MailTo = 'a@example.org;b@example.org'
                ReportOn = 'Failed'
            } | New-BackupCopyJob
            """);
        var empty = Job("""
            [pscustomobject]@{
                Name = 'Row'; Every = ''; At = ''; Mode = ''; Allow = ''; Deny = ''; MaxRate = ''
                PreScript = ''; PostScript = ''; ScriptTimeout = ''; OnPreScriptFailure = ''; ScriptEvery = ''
                ScriptOn = ''
                AllowHostedScript = ''; RpoWarning = ''; MailTo = ''; ReportOn = ''
            } | Set-BackupCopyJob -PassThru
            """);
        var unset = Job("""
            Set-BackupCopyJob Row -Every $unset -At $unset -Mode $unset -Allow $unset -Deny $unset `
                -MaxRate $unset -PreScript $unset -ScriptTimeout $unset -ScriptEvery $unset -ScriptOn $unset `
                -RpoWarning $unset -MailTo $unset -ReportOn $unset -PassThru
            """);

        Assert.Equal("every 1d at 23:00", row.Schedule);
        Assert.Equal(["Mon-Fri 20:00-06:00", "Sat,Sun"], row.Allow);
        Assert.Equal([DayOfWeek.Monday, DayOfWeek.Tuesday], row.ScriptOn);
        Assert.Equal(["a@example.org", "b@example.org"], row.MailTo);
        Assert.Equal((20L << 20, true), (row.MaxRateBytesPerSecond, row.AllowHostedScript));
        Assert.Equal([_lab.PathOf("pre.sh")], row.PreScript);
        Assert.Equal(Text(row), Text(empty));
        Assert.Equal(Text(row), Text(unset));
    }

    [Fact]
    public void A_start_time_that_clocks_skip_and_a_script_without_its_host_are_warnings()
    {
        var skipped = _lab.Run("Set-BackupCopyJob Nightly -Every 1d -At 02:30 -TimeZone Europe/Berlin");
        var told = _lab.Run("Set-BackupCopyJob Nightly -Every 1d -At 02:30 -WhatIf");
        File.WriteAllText(_lab.PathOf("pre.ps1"), "exit 0");
        var script = _lab.Run("""
            $path = $env:PATH
            try { $env:PATH = ''; Set-BackupCopyJob Nightly -PreScript pre.ps1 } finally { $env:PATH = $path }
            """);
        var allowed = _lab.Run("Set-BackupCopyJob Nightly -AllowHostedScript");

        Assert.Empty(skipped.Errors.Concat(script.Errors).Concat(allowed.Errors));
        Assert.Matches(
            @"^02:30 does not exist on \d{4}-03-\d\d in Europe/Berlin, .* begins at 03:00\.$",
            Assert.Single(skipped.Warnings));
        Assert.Empty(told.Warnings);
        Assert.Matches(@"pre\.ps1 needs pwsh", Assert.Single(script.Warnings));
        Assert.Empty(allowed.Warnings);
    }

    [Fact]
    public void Jobs_are_disabled_and_enabled_by_wildcard_and_from_the_pipeline()
    {
        _lab.Get("$null = New-BackupCopyJob Weekly -Source Primary -Target Offsite");

        Assert.Empty(_lab.Get("Disable-BackupCopyJob *"));
        var jobs = _lab.Get("Get-BackupCopyJob").Select(job => (JobInfo)job.BaseObject).ToArray();
        Assert.All(jobs, job => Assert.Equal((JobState.Disabled, false), (job.State, job.IsEnabled)));
        var error = _lab.Error("Start-BackupCopySync Nightly");
        Assert.Equal("JobDisabled", error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Contains("Enable-BackupCopyJob Nightly", error.ErrorDetails.RecommendedAction);

        var enabled = _lab.Get("Get-BackupCopyJob | Enable-BackupCopyJob -PassThru");
        Assert.Equal(
            [("Nightly", JobState.Idle), ("Weekly", JobState.Idle)],
            enabled.Select(job => (JobInfo)job.BaseObject).Select(job => (job.Name, job.State)));
        Assert.Empty(_lab.Get("Enable-BackupCopyJob none*"));
        _lab.Get("'Nightly' | Disable-BackupCopyJob; 'Nightly' | Disable-BackupCopyJob");
        Assert.Equal(JobState.Disabled, Job("Get-BackupCopyJob Nightly").State);
    }

    private void NewScript(string name)
    {
        File.WriteAllText(_lab.PathOf(name), "#!/bin/sh\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_lab.PathOf(name), (UnixFileMode)Convert.ToInt32("755", 8));
        }
    }

    // Records compare their lists by reference, and a job that was never run lags more and more.
    private static string Text(JobInfo job) =>
        System.Text.Json.JsonSerializer.Serialize(
            job with { Lag = null, LagPoints = null, MachineLag = [], NextRun = null });

    private JobInfo Job(string script, Lab? lab = null) =>
        (JobInfo)Assert.Single((lab ?? _lab).Get(script)).BaseObject;
}
