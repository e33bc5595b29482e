using BackupCopy.Benchmarks.Data;
using BackupCopy.Benchmarks.Measuring;
using BackupCopy.Benchmarks.Rows;

namespace BackupCopy.Benchmarks.Peers;

internal sealed class Restic : PeerTool
{
    private readonly bool _restoresSparse;

    /// <param name="folder">Its world.</param>
    /// <param name="restoresSparse">Whether its restore knows <c>--sparse</c> (0.15 and later).</param>
    public Restic(string folder, bool restoresSparse)
        : base(folder) => _restoresSparse = restoresSparse;

    public override string Name => "restic";

    public override IReadOnlyDictionary<string, string> Files =>
        new Dictionary<string, string> { ["password"] = "benchmark" };

    public override IReadOnlyList<PeerStep> Steps(DataSet data)
    {
        string first = In("first"), second = In("second");
        var copy = Run(second, "copy", "--from-repo", first);
        string[] sparse = _restoresSparse ? ["--sparse"] : [];
        return
        [
            new(Row.ImageDay0, BackUp(0), data.Image(0), first) { Day = 0, Before = [Run(first, "init")] },
            new(Row.CopyFull, copy, first, second)
            {
                Before = [Run(second, "init", "--from-repo", first, "--copy-chunker-params")],
            },
            new(Row.ImageDay1, BackUp(1), data.Image(1), first) { Day = 1 },
            new(Row.CopyDay1, copy, second, second),
            new(Row.Export, Run(second, ["restore", "latest", "--target", In("restored"), .. sparse]),
                data.Image(1), null),
        ];
    }

    public override IReadOnlyList<string> ChainFolders => ["first"];

    public override CommandLine InitialiseChain => Run(In("first"), "init");

    public override PeerTool InFolder(string folder) => new Restic(folder, _restoresSparse);

    public override CommandLine BackUp(int day) => Run(In("first"), "backup", ImageName);

    public override IReadOnlyList<CommandLine> KeepNewest(int points) =>
        [Run(In("first"), "forget", "--keep-last", $"{points}", "--prune")];

    public override CommandLine Check => Run(In("first"), "check", "--read-data");

    private CommandLine Run(string repository, params string[] arguments) =>
        new("restic", ["--no-cache", "--quiet", "--repo", repository, .. arguments])
        {
            WorkingFolder = Folder,
            Environment = new Dictionary<string, string>
            {
                ["RESTIC_PASSWORD_FILE"] = In("password"),
                ["RESTIC_FROM_PASSWORD_FILE"] = In("password"),
            },
        };
}
