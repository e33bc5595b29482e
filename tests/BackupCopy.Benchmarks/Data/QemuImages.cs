using BackupCopy.Benchmarks.Measuring;
using BackupCopy.Benchmarks.Rows;

namespace BackupCopy.Benchmarks.Data;

/// <summary>Images as qemu writes them. Without its programs the rows about them are left out.</summary>
internal static class QemuImages
{
    /// <summary>Pieces of a strewn disk, evenly spaced.</summary>
    private const int StrewnPieces = 1024;

    private const int StrewnPieceBytes = 1 << 20;

    private const string Tool = "qemu-img";
    private const string Writer = "qemu-io";
    private const long StrewnDiskBytes = 64L << 40;

    /// <summary>Throws where the programs are not there.</summary>
    public static void EnsureCanMake()
    {
        if (new[] { Tool, Writer }.FirstOrDefault(p => Command.Find(p) is null) is { } missing)
        {
            throw new NotSupportedException($"No {missing} is on the PATH.");
        }
    }

    /// <summary>
    /// Makes what is missing of the row's image and a raw one with the same content. The same program writes
    /// both: how a file was written decides how fast the page cache gives it.
    /// </summary>
    public static async Task EnsureAsync(
        DataSet data, Row row, string folder, Action<string> report, CancellationToken cancellation)
    {
        string[] images = [ImageOperations.RawImage(folder, row), ImageOperations.Image(folder, row)];
        foreach (string image in images)
        {
            if (!File.Exists(image))
            {
                report($"Making {Path.GetFileName(image)}");
                string format = Path.GetExtension(image)[1..];
                string[] arguments =
                [
                    "convert", "-f", "raw", "-O", DriverOf(format), .. OptionsOf(format),
                    data.Image(row.ImageDay), image,
                ];
                await Command.RunAsync(new CommandLine(Tool, arguments), cancellation);
                await FileCopy.SyncAsync(image, cancellation);
            }
        }
    }

    /// <summary>A disk of 64 TiB with 1 GiB of data all over it.</summary>
    public static async Task MakeStrewnAsync(string image, string format, CancellationToken cancellation)
    {
        string[] create =
            ["create", "-q", "-f", DriverOf(format), .. OptionsOf(format), image, $"{StrewnDiskBytes}"];
        await Command.RunAsync(new CommandLine(Tool, create), cancellation);
        const long stride = StrewnDiskBytes / StrewnPieces;
        var writes = Enumerable.Range(0, StrewnPieces).SelectMany(piece => new[]
        {
            "-c", $"write -q -P {piece % 255 + 1} {piece * stride} {StrewnPieceBytes}",
        });
        await Command.RunAsync(
            new CommandLine(Writer, ["-t", "unsafe", "-f", DriverOf(format), .. writes, image]),
            cancellation);
        await FileCopy.SyncAsync(image, cancellation);
    }

    private static string DriverOf(string format) => format == "vhd" ? "vpc" : format;

    private static string[] OptionsOf(string format) => format switch
    {
        "vhd" => ["-o", "subformat=dynamic,force_size=on"],
        "vhdx" => ["-o", "subformat=dynamic"],
        "vmdk" => ["-o", "subformat=monolithicSparse"],
        _ => [],
    };
}
