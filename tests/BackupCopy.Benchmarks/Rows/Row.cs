namespace BackupCopy.Benchmarks.Rows;

/// <summary>
/// One line of the table. The first rows are one life: each round makes two new repositories and goes through
/// them in this order, so a row finds what the rows before it left. The rows of a chain are about one that is
/// made once a run, and each works on a fresh copy of it.
/// </summary>
internal sealed partial record Row(string Name, string Title)
{
    public const string ImageDay0 = "image-day0";
    public const string CopyFull = "copy-full";
    public const string ImageDay1 = "image-day1";
    public const string CopyDay1 = "copy-day1";
    public const string Export = "export";
    public const string Day1Bytes = "day1-bytes";
    public const string Sparse = "sparse-1tib";
    public const string DropOldest = "drop-oldest";
    public const string KeepNewest = "keep-newest";
    public const string CloneFull = "clone-full";
    public const string CloneDay1 = "clone-day1";
    public const string PlanOldest = "plan-oldest";
    public const string PlanAllButOne = "plan-59of60";

    /// <summary>The peak resident memory that no row may pass.</summary>
    public const double MostMemoryMb = 150;

    /// <summary>What the day-1 point may add to the repository at the full size of the data set.</summary>
    public const double MostDay1Mb = 200;

    /// <summary>How much slower the slowest of the scale rows may be than the fastest.</summary>
    public const double MostScaleTimes = 2;

    /// <summary>Points of the chain of the removal rows.</summary>
    public const int PointsOfChain = 7;

    /// <summary>The operations, in the order of a life; day1-bytes is read off image-day1.</summary>
    public static IReadOnlyList<Row> Life { get; } =
    [
        new(ImageDay0, "image to repository, day 0") { Most = new() { TimesBeside = 2.4 } },
        new(CopyFull, "repository to repository, full")
        {
            Most = new() { TimesBeside = 1.4 },
            Needs = [ImageDay0],
        },
        new(ImageDay1, "image to repository, day 1")
        {
            Most = new() { TimesBeside = 0.7 },
            Needs = [ImageDay0],
        },
        new(CopyDay1, "repository to repository, day 1")
        {
            Most = new() { TimesBeside = 0.25 },
            Needs = [ImageDay0, CopyFull, ImageDay1],
            WarmUp = true,
            CopyFirst = true,
        },
        new(Export, "export to a sparse raw image")
        {
            Most = new() { TimesBeside = 1.4 },
            Needs = [ImageDay0, CopyFull, ImageDay1, CopyDay1],
        },
        new(Sparse, "1 TiB sparse disk: append, copy, export"),
    ];

    /// <summary>What retention does to a chain of seven days; beside the bare punches and unlinks.</summary>
    public static IReadOnlyList<Row> Removals { get; } =
    [
        new(DropOldest, "drop the oldest of 7 points") { Most = RemovalLimits },
        new(KeepNewest, "drop all but the newest of 7 points") { Most = RemovalLimits },
    ];

    /// <summary>Copies on one file system that clones, beside cp --reflink=never + sync.</summary>
    public static IReadOnlyList<Row> Clones { get; } =
    [
        new(CloneFull, "repository to repository on one XFS, full") { Most = CloneLimits },
        new(CloneDay1, "the same, day 1") { Most = CloneLimits },
    ];

    /// <summary>
    /// Plans of removals from a chain of 60 points of a disk of 1 TiB with blocks of 256 KiB.
    /// </summary>
    public static IReadOnlyList<Row> Plans { get; } =
    [
        new(PlanOldest, "plan to drop the oldest of 60 points") { Most = new() { Seconds = 1 } },
        new(PlanAllButOne, "plan to drop all but the newest of 60 points"),
    ];

    /// <summary>
    /// Day-1 copy and dropping day 0, of disks of so many times the size with the same data and change.
    /// </summary>
    public static IReadOnlyList<Row> Scales { get; } =
        [.. ScaleFactors.Select(
            factor => new Row(ScaleName(factor), $"day 1 of a disk {factor} times as big"))];

    /// <summary>So many copies under one rate for ten seconds.</summary>
    public static IReadOnlyList<Row> Throttles { get; } =
        [.. ThrottledCopyCounts.Select(
            copies => new Row(ThrottleName(copies), $"{copies} copies under one rate, 10 s")
            {
                Most = new() { Deviation = 0.05 },
            })];

    public static IReadOnlyList<Row> OfChains { get; } =
        [.. Removals, .. Checks, .. Compacts, .. Clones, .. Plans, .. Scales, .. Throttles];

    public static IReadOnlyList<Row> OfImages => [.. Reads, .. Imports, .. Opens];

    public static IReadOnlyList<string> Names { get; } =
        [
        .. Life.Select(row => row.Name), Day1Bytes, .. OfChains.Select(row => row.Name),
        .. OfImages.Select(row => row.Name),
    ];

    /// <value>What the row may cost, beside cp + sync or what its title names; memory counts for all.</value>
    public Limits Most { get; init; } = new();

    /// <summary>Rows whose operation must have run before in the same round.</summary>
    public IReadOnlyList<string> Needs { get; init; } = [];

    /// <summary>Expected to be shorter than a second: the process goes through a small life first.</summary>
    public bool WarmUp { get; init; }

    /// <summary>It changes what cp copies, so cp always goes first; else they take turns.</summary>
    public bool CopyFirst { get; init; }

    public static IReadOnlyList<int> ScaleFactors => [1, 16, 256];

    private static IReadOnlyList<int> ThrottledCopyCounts => [1, 2, 5];

    private static Limits RemovalLimits =>
        new() { TimesBeside = 1.3, SpareSeconds = 0.05, WrittenShare = 0.01 };

    private static Limits CloneLimits => new() { TimesBeside = 0.25, WrittenShare = 0.01 };

    public static string ScaleName(int factor) => $"scale-x{factor}";

    public static string ThrottleName(int copies) => $"throttle-x{copies}";

    /// <summary>How many copies the row of this name runs; 0 when it is none of these.</summary>
    public static int ThrottledCopies(string name) =>
        ThrottledCopyCounts.FirstOrDefault(copies => ThrottleName(copies) == name);

    /// <summary>Throws when a row is asked for that there is not.</summary>
    public static void Check(IReadOnlyList<string> asked)
    {
        if (asked.Except(Names).FirstOrDefault() is { } unknown)
        {
            throw new ArgumentException(
                $"There is no row '{unknown}'; the rows are {string.Join(", ", Names)}.");
        }
    }

    /// <summary>Those of these rows that are asked for; asking for none means all.</summary>
    public static IReadOnlyList<Row> Asked(IReadOnlyList<Row> rows, IReadOnlyList<string> asked) =>
        asked.Count == 0 ? rows : [.. rows.Where(row => asked.Contains(row.Name))];

    /// <summary>The rows of a life asked for and every row they need.</summary>
    public static IReadOnlyList<Row> WithNeeds(IReadOnlyList<string> asked)
    {
        var names = asked.Count == 0 ? Names : asked;
        names = names.Contains(Day1Bytes) ? [.. names, ImageDay1] : names;
        return [.. Life.Where(row =>
            names.Contains(row.Name) || Life.Any(r => names.Contains(r.Name) && r.Needs.Contains(row.Name)))];
    }
}
