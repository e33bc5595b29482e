using System.Globalization;

namespace BackupCopy.Benchmarks;

/// <summary>The command line.</summary>
internal sealed record Options
{
    public const string WorkVariable = "BACKUPCOPY_BENCH_WORK";

    public const string Usage = """
        BackupCopy.Benchmarks [--rows a,b] [--runs n] [--size 4GiB] [--work folder] [--json file] [--peers]
        BackupCopy.Benchmarks data [--days n] [--size 4GiB] [--work folder]

        Measures the engine on a data set of its own, which is made once and kept in the work folder (default:
        the variable BACKUPCOPY_BENCH_WORK, else a folder in the temporary directory; it needs twelve times
        the size). --peers measures restic and borg too, where they are on the PATH; they need five times
        more.

        image-*, copy-*, export   one life, beside `cp` + `sync`
        drop-oldest, keep-newest  retention of a chain of 7 days, beside the bare punches and unlinks
        check-*                   health checks of that chain, beside reading it with the same sums
        compact, export-after     compacts that chain, beside `cp` + `sync` of its bytes; then its export,
                                  beside that of a full of the same state
        clone-*                   copies on one XFS (Linux, root), beside `cp --reflink=never` + `sync`
        plan-*                    plans for a chain of 60 points of 1 TiB, by the clock
        throttle-x*               copies under one rate, by how far they miss it
        scale-x*                  day 1, then day 0 dropped, on disks of 1, 16 and 256 times the size
        read-*                    all of a VHDX, VHD, VMDK or qcow2 image, in turns with the raw one, with the
                                  threads of a copy and (-1) with one; these and the next two need qemu-img
        import-*                  days 0 and 1 from a qcow2 or VHDX image, beside the same from a raw one
        open-*                    opens and walks an image of 64 TiB; its memory, and that no hole is read
        """;

    public string Command { get; init; } = "run";

    /// <summary>Of the command <c>row</c>: the one row that this process runs.</summary>
    public string RowName { get; init; } = "";

    /// <summary>Of the command <c>row</c>: the folder of the parent's run.</summary>
    public string RunFolder { get; init; } = "";

    public string WorkFolder { get; init; } = Environment.GetEnvironmentVariable(WorkVariable)
        ?? Path.Combine(Path.GetTempPath(), "backupcopy-bench");

    public long SizeBytes { get; init; } = 4L << 30;

    public int Runs { get; init; } = 3;

    public int Days { get; init; } = 1;

    /// <summary>Empty means all.</summary>
    public IReadOnlyList<string> Rows { get; init; } = [];

    public string? JsonFile { get; init; }

    public bool Peers { get; init; }

    public static Options Parse(string[] args)
    {
        var options = new Options();
        var rest = new Queue<string>(args);
        if (rest.TryPeek(out string? command) && !command.StartsWith('-'))
        {
            options = options with { Command = rest.Dequeue() };
            options = options.Command == "row" ? options with { RowName = rest.Dequeue() } : options;
        }

        while (rest.TryDequeue(out string? name))
        {
            options = name switch
            {
                "--peers" => options with { Peers = true },
                "--rows" => options with { Rows = Value(name, rest).Split(',') },
                "--runs" => options with { Runs = Count(Value(name, rest), 1, 100) },
                "--days" => options with { Days = Count(Value(name, rest), 1, Data.DataSet.LastDay) },
                "--size" => options with { SizeBytes = Size(Value(name, rest)) },
                "--work" => options with { WorkFolder = Path.GetFullPath(Value(name, rest)) },
                "--run-folder" => options with { RunFolder = Value(name, rest) },
                "--json" => options with { JsonFile = Value(name, rest) },
                _ => throw new ArgumentException($"Unknown argument '{name}'."),
            };
        }

        return options;
    }

    private static string Value(string name, Queue<string> rest) =>
        rest.TryDequeue(out string? value) ? value : throw new ArgumentException($"'{name}' needs a value.");

    private static int Count(string text, int from, int to) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n >= from && n <= to
            ? n
            : throw new ArgumentException($"'{text}' is not a number from {from} to {to}.");

    /// <summary>4GiB, 256M or 268435456; at least 16 MiB, and cut to whole MiB.</summary>
    private static long Size(string text)
    {
        string digits = text.TrimEnd("GMKiBgmkb".ToCharArray());
        int shift = text[digits.Length..].ToUpperInvariant() switch
        {
            "" or "B" => 0,
            "K" or "KB" or "KIB" => 10,
            "M" or "MB" or "MIB" => 20,
            "G" or "GB" or "GIB" => 30,
            _ => throw new ArgumentException($"'{text}' is not a size."),
        };
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long n)
            && n << shift is >= 16 << 20 and <= 64L << 30
            ? (n << shift) >> 20 << 20
            : throw new ArgumentException($"'{text}' is not a size from 16 MiB to 64 GiB.");
    }
}
