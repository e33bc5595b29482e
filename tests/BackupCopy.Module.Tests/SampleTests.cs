using System.Management.Automation.Language;
using System.Text.RegularExpressions;
using BackupCopy.ModuleTests.Fixtures;

namespace BackupCopy.ModuleTests;

/// <summary>The units, the line for cron and the scripts in samples/ are what their programs take.</summary>
public sealed partial class SampleTests : IClassFixture<HostedModule>
{
    private readonly HostedModule _hosted;

    public SampleTests(HostedModule hosted) => _hosted = hosted;

    private static string Samples { get; } = Path.GetDirectoryName(Places.QuickStart)!;

    public static TheoryData<string> Scripts =>
        [.. Directory.GetFiles(Samples, "*.ps1").Select(path => Path.GetFileName(path))];

    public static TheoryData<string> Files =>
        [.. Directory.GetFiles(Samples).Select(path => Path.GetFileName(path))];

    [Fact]
    public async Task Systemd_accepts_the_units()
    {
        Assert.SkipUnless(
            (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
                .Any(folder => File.Exists(Path.Combine(folder, "systemd-analyze"))),
            "systemd-analyze is not installed");
        var folder = Directory.CreateTempSubdirectory("backupcopy-units-").FullName;
        try
        {
            var units = Directory.GetFiles(Samples)
                .Where(path => Path.GetExtension(path) is ".service" or ".timer")
                .Select(path => Path.Combine(folder, Path.GetFileName(path))).ToList();
            Assert.Equal(3, units.Count);
            foreach (var unit in units)
            {
                // systemd looks for the program; any one will do where pwsh is not installed.
                var text = await File.ReadAllTextAsync(
                    Path.Combine(Samples, Path.GetFileName(unit)), TestContext.Current.CancellationToken);
                await File.WriteAllTextAsync(
                    unit, text.Replace("/usr/bin/pwsh", "/bin/sh"), TestContext.Current.CancellationToken);
            }

            var verified = await Analyze(["verify", "--man=no", .. units]);
            Assert.Equal((0, ""), (verified.ExitCode, OfOurs(verified.Error)));
            var timer = await File.ReadAllTextAsync(
                units.Single(unit => unit.EndsWith(".timer")), TestContext.Current.CancellationToken);
            var calendar = Assert.Single(Calendar().Matches(timer)).Groups[1].Value;
            Assert.Equal(0, (await Analyze(["calendar", calendar])).ExitCode);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [MemberData(nameof(Scripts))]
    public void Scripts_have_no_errors_of_syntax(string script)
    {
        Parser.ParseFile(Path.Combine(Samples, script), out _, out var errors);

        Assert.Empty(errors);
    }

    [Fact]
    public void The_commands_in_units_and_for_cron_name_cmdlets_and_parameters_that_exist()
    {
        var commands = Directory.GetFiles(Samples)
            .Where(path => Path.GetExtension(path) is ".service" or ".cron")
            .SelectMany(path => Command().Matches(File.ReadAllText(path)))
            .Select(match => match.Groups[1].Value).ToList();
        Assert.Equal(3, commands.Count);
        foreach (var text in commands)
        {
            var script = Parser.ParseInput(text, out _, out var errors);
            Assert.Empty(errors);
            foreach (var call in script.FindAll(ast => ast is CommandAst, true).Cast<CommandAst>()
                .Where(call => call.GetCommandName().Contains("-BackupCopy")))
            {
                var cmdlet = _hosted.Module.ExportedCmdlets[call.GetCommandName()];
                Assert.All(
                    call.CommandElements.OfType<CommandParameterAst>(),
                    parameter => Assert.Contains(parameter.ParameterName, cmdlet.Parameters.Keys));
            }
        }
    }

    [Fact]
    public void The_line_for_cron_has_five_times_a_user_and_a_command_without_a_percent_sign()
    {
        var lines = File.ReadAllLines(Path.Combine(Samples, "backupcopy.cron"))
            .Where(line => !line.StartsWith('#') && !Setting().IsMatch(line)).ToList();
        var fields = Assert.Single(lines).Split(' ', 7);
        Assert.Equal(["0", "22", "*", "*", "*", "root"], fields[..6]);
        Assert.StartsWith("flock -n /run/lock/", fields[6]);
        Assert.DoesNotContain('%', fields[6]);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Samples_end_with_a_line_end_and_have_no_carriage_returns(string file)
    {
        var text = File.ReadAllText(Path.Combine(Samples, file));
        Assert.EndsWith("\n", text);
        Assert.DoesNotContain('\r', text);
    }

    private static Task<ChildResult> Analyze(string[] arguments) =>
        ChildProcess.Run(ChildProcess.Start("systemd-analyze", arguments));

    // It may say something of the host's own units too.
    private static string OfOurs(string error) => string.Join(
        '\n', error.Split('\n').Where(line => line.Contains("backupcopy-") || line.Contains("backupcopy.")));

    [GeneratedRegex("-Command \"([^\"]+)\"")]
    private static partial Regex Command();

    [GeneratedRegex("^OnCalendar=(.+)$", RegexOptions.Multiline)]
    private static partial Regex Calendar();

    [GeneratedRegex("^[A-Z]+=|^$")]
    private static partial Regex Setting();
}
