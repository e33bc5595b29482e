using System.Diagnostics;

namespace BackupCopy.Tests.Images;

/// <summary>qemu-img as the oracle of what images hold; tests that need it are skipped without it.</summary>
internal static class QemuImg
{
    private static readonly Lazy<bool> s_isThere = new(() =>
    {
        try
        {
            return Start("qemu-img", ["--version"]).ExitCode == 0;
        }
        catch (Exception error) when (error is System.ComponentModel.Win32Exception)
        {
            return false;
        }
    });

    public static bool IsThere => s_isThere.Value;

    public static void SkipUnlessThere() =>
        Assert.SkipUnless(IsThere, "qemu-img is not installed (qemu-utils).");

    /// <summary>Runs it and returns what it printed; an exit code other than 0 fails the test.</summary>
    public static string Run(params IReadOnlyList<string> arguments)
    {
        var (code, output, error) = Start("qemu-img", arguments);
        Assert.True(code == 0, $"qemu-img {string.Join(' ', arguments)}: {error}");
        return output;
    }

    /// <summary>qemu-io with its commands, each as one argument of -c; for writing into an image.</summary>
    public static void Io(string format, string image, params IReadOnlyList<string> commands)
    {
        var (code, output, error) = Start(
            "qemu-io", ["-f", format, .. commands.SelectMany(c => (string[])["-c", c]), image]);
        Assert.True(
            code == 0 && !output.Contains("failed", StringComparison.Ordinal), $"qemu-io: {output}{error}");
    }

    public static (int ExitCode, string Output, string Error) Start(
        string program, IReadOnlyList<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
