using BackupCopy.Jobs;
using BackupCopy.Running;

namespace BackupCopy.Tests.Running;

public sealed class JobWarningsTests : IDisposable
{
    private readonly EngineLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [Theory]
    [InlineData("02:30", 1, "02:30 does not exist on 2027-03-28 in Europe/Berlin")]
    [InlineData("02:00", 7, "begins at 03:00")]
    [InlineData("03:00", 1, null)]
    [InlineData("01:59", 1, null)]
    public void A_start_time_that_clocks_skip_is_told_of(string at, int days, string? expected)
    {
        var told = Create(new() { Every = TimeSpan.FromDays(days), At = at }, "Europe/Berlin");

        if (expected is null)
        {
            Assert.Empty(told);
        }
        else
        {
            Assert.Contains(expected, Assert.Single(told));
        }
    }

    [Fact]
    public void It_is_told_of_when_the_zone_brings_it_and_not_again_when_something_else_changes()
    {
        Assert.Empty(Create(new() { Every = TimeSpan.FromDays(1), At = "02:30" }, "UTC"));

        Assert.Contains("02:30", Assert.Single(Update(zone: "Europe/Berlin")));
        Assert.Empty(Update(new() { Deny = ["Mon"] }));
        Assert.Empty(Update(new() { Mode = JobMode.Immediate }));
        Assert.Empty(Update(new() { Mode = JobMode.Periodic, Every = TimeSpan.FromHours(4) }));
    }

    [Fact]
    public void A_script_has_to_be_there_and_to_be_executable()
    {
        var script = _lab.PathOf("pre.sh");
        Assert.Equal(ErrorCode.ScriptNotFound, Refused(script).Code);
        Assert.Equal(ErrorCode.ScriptNotFound, Refused(_lab.PathOf("Primary")).Code);
        Assert.Equal(ErrorCode.InvalidArgument, Refused("pre.sh").Code);
        File.WriteAllText(script, "#!/bin/sh\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            Assert.Contains("chmod +x", Refused(script).Remedy);
            File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        Create(new() { PreScript = [script, "x"], PostScript = [script] }, "UTC");

        // What has gone since stops no change of something else.
        File.Delete(script);
        Assert.Empty(Update(new() { Deny = ["Mon"] }));
    }

    [Fact]
    public void A_powershell_script_without_pwsh_is_a_warning_unless_the_host_is_allowed()
    {
        var script = _lab.PathOf("pre.ps1");
        File.WriteAllText(script, "exit 0");
        var told = Create(new() { PreScript = [script] }, "UTC");

        Assert.Equal(ScriptFile.HasPwsh() ? 0 : 1, told.Count);
        Assert.All(told, warning => Assert.Contains("needs pwsh", warning));
        Assert.Empty(Update(new() { AllowHostedScript = true }));
    }

    private BackupCopyException Refused(string script) => Assert.Throws<BackupCopyException>(
        () => Create(new() { PostScript = [script] }, "UTC"));

    private List<string> Create(ControlSettings control, string zone)
    {
        var settings = new JobSettings
        {
            Name = "Nightly",
            Sources = ["Primary"],
            Target = "Offsite",
            Control = control,
            Retention = new() { TimeZone = zone },
        };
        var told = new List<string>();
        _lab.Engine.Jobs.CheckCreate(settings, told.Add);
        _lab.Engine.Jobs.Create(settings);
        return told;
    }

    private List<string> Update(ControlSettings? control = null, string? zone = null)
    {
        var settings = new JobSettings
        {
            Control = control,
            Retention = zone is null ? null : new() { TimeZone = zone },
        };
        var told = new List<string>();
        _lab.Engine.Jobs.CheckUpdate("Nightly", settings, told.Add);
        _lab.Engine.Jobs.Update("Nightly", settings);
        return told;
    }
}
