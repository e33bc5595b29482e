namespace BackupCopy.Benchmarks.Rows;

/// <summary>
/// One line of the table. The rows are one life: each round makes two new repositories and goes through the
/// rows in this order, so a row finds what the rows before it left.
/// </summary>
internal sealed record Row(string Name, string Title)
{
    public const string ImageDay0 = "image-day0";
    public const string CopyFull = "copy-full";
    public const string ImageDay1 = "image-day1";
    public const string CopyDay1 = "copy-day1";
    public const string Export = "export";
    public const string Day1Bytes = "day1-bytes";
    public const string Sparse = "sparse-1tib";

    /// <summary>The peak resident memory that no row may pass.</summary>
    public const double MostMemoryMb = 150;

    /// <summary>What the day-1 point may add to the repository at the full size of the data set.</summary>
    public const double MostDay1Mb = 200;

    /// <summary>The operations, in the order of a life; day1-bytes is read off image-day1.</summary>
    public static IReadOnlyList<Row> Life { get; } =
    [
        new(ImageDay0, "image to repository, day 0") { MostTimesCopy = 2.4 },
        new(CopyFull, "repository to repository, full") { MostTimesCopy = 1.4, Needs = [ImageDay0] },
        new(ImageDay1, "image to repository, day 1") { MostTimesCopy = 0.7, Needs = [ImageDay0] },
        new(CopyDay1, "repository to repository, day 1")
        {
            MostTimesCopy = 0.25,
            Needs = [ImageDay0, CopyFull, ImageDay1],
            WarmUp = true,
            CopyFirst = true,
        },
        new(Export, "export to a sparse raw image")
        {
            MostTimesCopy = 1.4,
            Needs = [ImageDay0, CopyFull, ImageDay1, CopyDay1],
        },
        new(Sparse, "1 TiB sparse disk: append, copy, export"),
    ];

    public static IReadOnlyList<string> Names { get; } = [.. Life.Select(row => row.Name), Day1Bytes];

    /// <value>The longest the row may take, in times of cp + sync; null where only memory counts.</value>
    public double? MostTimesCopy { get; init; }

    /// <summary>Rows whose operation must have run before in the same round.</summary>
    public IReadOnlyList<string> Needs { get; init; } = [];

    /// <summary>Expected to be shorter than a second: the process goes through a small life first.</summary>
    public bool WarmUp { get; init; }

    /// <summary>It changes what cp copies, so cp always goes first; else they take turns.</summary>
    public bool CopyFirst { get; init; }

    /// <summary>The rows asked for and every row they need.</summary>
    public static IReadOnlyList<Row> WithNeeds(IReadOnlyList<string> asked)
    {
        var names = asked.Count == 0 ? Names : asked;
        if (names.Except(Names).FirstOrDefault() is { } unknown)
        {
            throw new ArgumentException(
                $"There is no row '{unknown}'; the rows are {string.Join(", ", Names)}.");
        }

        names = names.Contains(Day1Bytes) ? [.. names, ImageDay1] : names;
        return [.. Life.Where(row =>
            names.Contains(row.Name) || Life.Any(r => names.Contains(r.Name) && r.Needs.Contains(row.Name)))];
    }
}
