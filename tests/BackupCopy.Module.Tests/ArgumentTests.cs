using BackupCopy.ModuleTests.Fixtures;

namespace BackupCopy.ModuleTests;

public sealed class ArgumentTests : IClassFixture<HostedModule>
{
    private const string Functions = """
        using namespace BackupCopy.PowerShell.Arguments
        function Get-Duration { param([Duration()] [Nullable[timespan]] $Value) $Value }
        function Get-Rate { param([Rate()] [Nullable[long]] $Value) $Value }

        """;

    private readonly HostedModule _hosted;

    public ArgumentTests(HostedModule hosted) => _hosted = hosted;

    [Theory]
    [InlineData("30s", "00:00:30")]
    [InlineData("15m", "00:15:00")]
    [InlineData("4h", "04:00:00")]
    [InlineData("1d", "1.00:00:00")]
    [InlineData("'1d'", "1.00:00:00")]
    [InlineData("1d12h", "1.12:00:00")]
    [InlineData("90M", "01:30:00")]
    [InlineData("0s", "00:00:00")]
    [InlineData("'1.02:03:04'", "1.02:03:04")]
    [InlineData("([timespan]::FromMinutes(5))", "00:05:00")]
    public void Duration_reads(string typed, string expected)
    {
        var result = _hosted.Run(Functions + "Get-Duration " + typed);

        Assert.Empty(result.Errors);
        Assert.Equal(TimeSpan.Parse(expected), Assert.Single(result.Output).BaseObject);
    }

    [Theory]
    [InlineData("15")]
    [InlineData("'15'")]
    [InlineData("1.5")]
    [InlineData("(1d)")]
    [InlineData("-1d")]
    [InlineData("12h1d")]
    [InlineData("1w")]
    [InlineData("''")]
    [InlineData("soon")]
    [InlineData("999999d")]
    [InlineData("([timespan]::FromMinutes(-5))")]
    public void Duration_refuses_and_names_the_forms(string typed)
    {
        var error = Assert.Single(_hosted.Run(Functions + "Get-Duration " + typed).Errors);

        Assert.Contains("15m, 4h, 1d or '1d12h'", error.Exception.Message);
    }

    [Theory]
    [InlineData("30", "'30d'")]
    [InlineData("(1d)", "'1d'")]
    [InlineData("soon", null)]
    public void Duration_tells_a_bare_number_to_be_put_in_quotes(string typed, string? said)
    {
        var error = Assert.Single(_hosted.Run(Functions + "Get-Duration " + typed).Errors);

        var message = error.Exception.Message;
        Assert.Equal(said is not null, message.Contains("in quotes"));
        Assert.Contains(said ?? "", message);
    }

    [Theory]
    [InlineData("20MB/s", 20L << 20)]
    [InlineData("1.5GB/s", 3L << 29)]
    [InlineData("20mB/s", 20L << 20)]
    [InlineData("'20 MB/s'", 20L << 20)]
    [InlineData("512B/s", 512L)]
    [InlineData("100Mbit/s", 12_500_000L)]
    [InlineData("1Gbit/s", 125_000_000L)]
    [InlineData("20MB", 20L << 20)]
    [InlineData("'20MB'", 20L << 20)]
    [InlineData("0", 0L)]
    public void Rate_reads(string typed, long expected)
    {
        var result = _hosted.Run(Functions + "Get-Rate " + typed);

        Assert.Empty(result.Errors);
        Assert.Equal(expected, Assert.Single(result.Output).BaseObject);
    }

    [Theory]
    [InlineData("fast")]
    [InlineData("20Mb/s")]
    [InlineData("20Mbps")]
    [InlineData("-1")]
    [InlineData("''")]
    public void Rate_refuses_and_names_the_forms(string typed)
    {
        var error = Assert.Single(_hosted.Run(Functions + "Get-Rate " + typed).Errors);

        Assert.Contains("20MB/s or 100Mbit/s", error.Exception.Message);
    }
}
