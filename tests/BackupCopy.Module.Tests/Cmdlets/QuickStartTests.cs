using BackupCopy.ModuleTests.Fixtures;

namespace BackupCopy.ModuleTests.Cmdlets;

public sealed class QuickStartTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("backupcopy-quickstart-test-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Runs_the_main_job_and_proves_the_restore()
    {
        var result = await ChildProcess.Shell(Places.QuickStart);

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("real files of this machine", result.Output);
        Assert.Contains("Equal, bit for bit.", result.Output);
    }

    [Fact]
    public async Task Takes_an_image_of_the_user_and_does_not_change_it()
    {
        var image = Path.Combine(_folder.FullName, "own.img");
        var bytes = new byte[1_000_003];
        new Random(5).NextBytes(bytes);
        await File.WriteAllBytesAsync(image, bytes);

        var result = await ChildProcess.Shell(Places.QuickStart, "-Image", image);

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains($"a copy of {image}", result.Output);
        Assert.Contains("Equal, bit for bit.", result.Output);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(image));
    }

    [Fact]
    public async Task The_retention_sample_shows_what_stays_and_restores_it()
    {
        var result = await ChildProcess.Shell(Places.Retention);

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("Weekly for Sunday", result.Output);
        Assert.Contains("older than the newest 3 points", result.Output);
        Assert.Contains("Equal, bit for bit.", result.Output);
    }

    [Fact]
    public async Task An_image_that_does_not_exist_is_an_error_and_leaves_nothing_behind()
    {
        var result = await ChildProcess.Shell(Places.QuickStart, "-Image", "no-such.img");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("no-such.img", result.Error);
    }

    [Fact]
    public async Task The_health_check_sample_finds_a_bit_heals_it_and_restores()
    {
        var result = await ChildProcess.Shell(Places.HealthCheck);

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("1 finding, 1 healed.", result.Output);
        Assert.Contains("Equal, bit for bit.", result.Output);
    }
}
