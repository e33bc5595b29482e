using BackupCopy.ModuleTests.Fixtures;

namespace BackupCopy.ModuleTests;

public sealed class IsolationTests
{
    [Fact]
    public async Task A_process_that_holds_other_versions_of_our_dependencies_uses_both()
    {
        var result = await ChildProcess.Dotnet(Places.OtherVersion, Places.Manifest);

        Assert.Equal(
            """
            module System.IO.Hashing 10.0.0
            module ZstdSharp 0.8.8
            program System.IO.Hashing 8.0.0
            program ZstdSharp 0.7.3

            """.ReplaceLineEndings("\n"),
            result.Output);
        Assert.Equal("", result.Error);
        Assert.Equal(0, result.ExitCode);
    }
}
