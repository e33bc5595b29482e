namespace BackupCopy.Benchmarks.Rows;

/// <content>Images of other programs: how fast they are read and copied, what an open one takes.</content>
internal sealed partial record Row
{
    /// <summary>What an open image may add to the process's memory, whatever its size.</summary>
    public const double MostOpenMemoryMb = 64;

    /// <summary>Bytes read where the file has a hole of whole pages, as a share of the data.</summary>
    public const double MostHoleShare = 0.01;

    /// <summary>
    /// All that a guest sees of a disk, with the threads of a copy and with one, beside the same from a raw
    /// image: at least 85 % of its speed.
    /// </summary>
    public static IReadOnlyList<Row> Reads =>
        [.. ReadsOf("vhdx"), .. ReadsOf("vhd"), .. ReadsOf("vmdk"), .. ReadsOf("qcow2")];

    /// <summary>Day 0 and day 1 of the life from an image, beside the same from a raw one.</summary>
    public static IReadOnlyList<Row> Imports =>
        [ImportOf("qcow2", 0), ImportOf("qcow2", 1), ImportOf("vhdx", 0), ImportOf("vhdx", 1)];

    /// <summary>A disk of 64 TiB with data all over it: opened and walked.</summary>
    public static IReadOnlyList<Row> Opens => [OpenOf("qcow2"), OpenOf("vhdx"), OpenOf("vmdk")];

    /// <value>As its file ends; null for a row that is not about such an image.</value>
    public string? ImageFormat { get; init; }

    /// <value>Of the data set, where the row is about one.</value>
    public int ImageDay { get; init; }

    /// <summary>Whether the row reads with one thread, and not with those of a copy.</summary>
    public bool IsOneThread { get; init; }

    public bool IsIn(IReadOnlyList<Row> rows) => rows.Any(row => row.Name == Name);

    private static IReadOnlyList<Row> ReadsOf(string format)
    {
        var most = new Limits { TimesBeside = 1 / 0.85 };
        return
        [
            new($"read-{format}", $"read all of a {format} image") { ImageFormat = format, Most = most },
            new($"read-{format}-1", "the same, one thread")
            {
                ImageFormat = format,
                IsOneThread = true,
                Most = most,
            },
        ];
    }

    private static Row ImportOf(string format, int day) =>
        new($"import-{format}-{day}", $"{format} image to repository, day {day}")
        {
            ImageFormat = format,
            ImageDay = day,
            Most = new() { TimesBeside = 1.2 },
        };

    private static Row OpenOf(string format) =>
        new($"open-{format}", $"open and walk a {format} image of 64 TiB")
        {
            ImageFormat = format,
            Most = new() { Seconds = 1 },
        };
}
