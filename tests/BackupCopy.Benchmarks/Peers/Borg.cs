using BackupCopy.Benchmarks.Data;
using BackupCopy.Benchmarks.Measuring;
using BackupCopy.Benchmarks.Rows;

namespace BackupCopy.Benchmarks.Peers;

/// <summary>Borg 1.x, which cannot copy between repositories. Unencrypted, zstd 3 as our default.</summary>
internal sealed class Borg : PeerTool
{
    public Borg(string folder)
        : base(folder)
    {
    }

    public override string Name => "borg";

    public override IReadOnlyList<PeerStep> Steps(DataSet data)
    {
        string repository = In("repository");
        return
        [
            new(Row.ImageDay0, BackUp(0), data.Image(0), repository)
            {
                Day = 0,
                Before = [Run("init", "--encryption", "none", repository)],
            },
            new(Row.ImageDay1, BackUp(1), data.Image(1), repository) { Day = 1 },
            new(Row.Export, Run("extract", "--sparse", $"{repository}::day1") with
            {
                WorkingFolder = In("restored"),
            }, data.Image(1), null),
        ];
    }

    public override IReadOnlyList<string> ChainFolders => ["repository", "base"];

    public override CommandLine InitialiseChain => Run("init", "--encryption", "none", In("repository"));

    public override PeerTool InFolder(string folder) => new Borg(folder);

    public override CommandLine BackUp(int day) =>
        Run("create", "--compression", "zstd,3", $"{In("repository")}::day{day}", ImageName);

    public override IReadOnlyList<CommandLine> KeepNewest(int points) =>
    [
        Run(["delete", In("repository"),
            .. Enumerable.Range(0, Row.PointsOfChain - points).Select(day => $"day{day}")]),
        Run("compact", In("repository")),
    ];

    public override CommandLine Check => Run("check", "--verify-data", In("repository"));

    private CommandLine Run(params string[] arguments) => new("borg", arguments)
    {
        WorkingFolder = Folder,
        Environment = new Dictionary<string, string>
        {
            ["BORG_BASE_DIR"] = In("base"),
            ["BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK"] = "yes",
        },
    };
}
