using System.Management.Automation;
using BackupCopy.ModuleTests.Fixtures;

namespace BackupCopy.ModuleTests;

public sealed class HelpTests : IClassFixture<HostedModule>
{
    private readonly HostedModule _hosted;

    public HelpTests(HostedModule hosted) => _hosted = hosted;

    [Fact]
    public void Every_cmdlet_has_a_synopsis_a_description_and_two_examples()
    {
        foreach (var name in _hosted.Module.ExportedCmdlets.Keys)
        {
            var help = _hosted.Run("Get-Help $args[0] -Full", name).Output.Single();

            Assert.Contains("MamlCommandHelpInfo", help.TypeNames);
            Assert.NotEmpty(Text(help, "Synopsis"));
            Assert.NotEmpty(Text(help, "description"));
            var examples = _hosted.Run("(Get-Help $args[0] -Full).examples.example", name).Output;
            Assert.True(examples.Count >= 2, $"{name} has {examples.Count} example(s).");
            Assert.All(examples, example => Assert.NotEmpty(Text(example, "code")));
        }
    }

    [Fact]
    public void Every_parameter_is_described()
    {
        foreach (var cmdlet in _hosted.Module.ExportedCmdlets.Values)
        {
            var described = _hosted.Run(
                """
                (Get-Help $args[0] -Full).parameters.parameter |
                    Where-Object description | ForEach-Object name
                """,
                cmdlet.Name);

            Assert.Equal(
                cmdlet.Parameters.Keys.Except(Cmdlet.CommonParameters).Order(),
                described.Output.Select(name => (string)name.BaseObject).Order());
        }
    }

    private static string Text(PSObject help, string property) =>
        $"{help.Properties[property]?.Value}".Trim();
}
