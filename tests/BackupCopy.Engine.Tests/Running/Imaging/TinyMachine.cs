using System.Diagnostics;
using BackupCopy.Tests.Images;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Running.Imaging;

/// <summary>
/// A small machine that boots in qemu and tells on its console whether its data is what it was. Made once, by
/// tests/rig/make-boot-disk.sh; a test is skipped with the reason where something for it is missing.
/// </summary>
public sealed class TinyMachine : IDisposable
{
    private const string Name = "tiny";
    private static readonly string[] s_programs =
    [
        "qemu-system-x86_64", "qemu-img", "busybox", "extlinux", "sfdisk", "mke2fs", "cpio",
    ];

    private static readonly TimeSpan s_longestBoot = TimeSpan.FromMinutes(3);

    private readonly TemporaryFolder _folder = new();
    private readonly Lazy<string> _disk;

    public TinyMachine() => _disk = new Lazy<string>(Make);

    /// <summary>What its disk keeps as a file, with the checksum that the machine compares.</summary>
    public byte[] Data { get; } = RandomBytes(16 << 20);

    /// <summary>The raw disk.</summary>
    public string DiskOrSkip()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux makes the machine's disk.");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Making the machine's disk needs root.");
        Assert.SkipUnless(File.Exists("/dev/loop-control"), "Making the machine's disk needs a loop device.");
        foreach (var program in s_programs)
        {
            Assert.SkipUnless(IsInstalled(program), $"{program} is not installed.");
        }

        Assert.SkipUnless(
            Directory.Exists("/boot") && Directory.GetFiles("/boot", "vmlinuz-*-cloud-amd64").Length > 0,
            "The machine's kernel is not installed (linux-image-cloud-amd64).");
        return _disk.Value;
    }

    /// <summary>Starts a machine with this disk, which stays as it is; returns its console.</summary>
    public static async Task<string> BootAsync(string disk, string format)
    {
        var start = new ProcessStartInfo(
            "qemu-system-x86_64",
            [
                "-accel", "tcg", "-m", "256", "-nographic", "-no-reboot", "-nic", "none",
                "-drive", $"file={disk},format={format},if=virtio,snapshot=on",
            ])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var machine = Process.Start(start)!;
        using var limit = new CancellationTokenSource(s_longestBoot);
        var error = machine.StandardError.ReadToEndAsync(CancellationToken.None);
        var console = machine.StandardOutput.ReadToEndAsync(CancellationToken.None);
        try
        {
            await machine.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            machine.Kill();
            Assert.Fail($"The machine did not turn itself off in {s_longestBoot}: {await console}");
        }

        Assert.True(machine.ExitCode == 0, $"qemu: {await error}");
        return await console;
    }

    /// <summary>Boots it and finds its data as it was.</summary>
    public static async Task AssertBootsAsync(string disk, string format)
    {
        var console = await BootAsync(disk, format);
        Assert.Contains($"BOOT-OK machine={Name}", console, StringComparison.Ordinal);
        Assert.Contains("DATA-OK", console, StringComparison.Ordinal);
        Assert.DoesNotContain("DATA-BAD", console, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private string Make()
    {
        var data = _folder["data"];
        File.WriteAllBytes(data, Data);
        var disk = _folder["disk.raw"];
        var (code, output, error) = QemuImg.Start(
            "bash", [SourceTree.At("tests", "rig", "make-boot-disk.sh"), disk, Name, data]);
        Assert.True(code == 0, $"make-boot-disk.sh: {output}{error}");
        return disk;
    }

    private static bool IsInstalled(string program) =>
        $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin".Split(':')
            .Any(folder => File.Exists(Path.Combine(folder, program)));

    private static byte[] RandomBytes(int length)
    {
        var bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        return bytes;
    }
}
