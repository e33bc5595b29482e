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
        CommandLine Create(int day) =>
            Run("create", "--compression", "zstd,3", $"{repository}::day{day}", ImageName);
        return
        [
            new(Row.ImageDay0, Create(0), data.Image(0), repository)
            {
                Day = 0,
                Before = [Run("init", "--encryption", "none", repository)],
            },
            new(Row.ImageDay1, Create(1), data.Image(1), repository) { Day = 1 },
            new(Row.Export, Run("extract", "--sparse", $"{repository}::day1") with
            {
                WorkingFolder = In("restored"),
            }, data.Image(1), null),
        ];
    }

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
