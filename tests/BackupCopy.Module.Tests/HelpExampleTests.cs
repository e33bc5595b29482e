using System.Management.Automation;
using System.Management.Automation.Language;
using BackupCopy.ModuleTests.Fixtures;

namespace BackupCopy.ModuleTests;

/// <summary>
/// Runs the examples that need no cmdlets beside ours and PowerShell's core; the Pester suite runs all.
/// </summary>
public sealed class HelpExampleTests : IClassFixture<HostedModule>
{
    private readonly HostedModule _hosted;

    public HelpExampleTests(HostedModule hosted) => _hosted = hosted;

    public static TheoryData<string> Cmdlets()
    {
        using var hosted = new HostedModule();
        return [.. hosted.Module.ExportedCmdlets.Keys.Order()];
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Examples_run_without_an_error(string cmdlet)
    {
        using var lab = Lab.Prepared(_hosted);
        lab.Get("Add-ExampleDrive");
        var ran = 0;
        foreach (var example in lab.Get("Get-LabExample $args[0]", cmdlet))
        {
            var code = (string)example.Properties["Code"].Value;
            if (CommandsOf(code).All(IsHere))
            {
                var result = lab.Run(code);
                Assert.True(result.Errors.Count == 0, $"{code}: {string.Join("; ", result.Errors)}");
                ran++;
            }
        }

        Assert.True(ran > 0, "every example needs cmdlets that are not here");
    }

    private static IEnumerable<string> CommandsOf(string code)
    {
        var script = Parser.ParseInput(code, out _, out var errors);
        Assert.Empty(errors);
        return script.FindAll(ast => ast is CommandAst, searchNestedScriptBlocks: true)
            .Select(command => ((CommandAst)command).GetCommandName());
    }

    private bool IsHere(string command) =>
        _hosted.Run("Get-Command $args[0] -CommandType Cmdlet -ErrorAction Ignore", command).Output.Count > 0;
}
