using BackupCopy.Benchmarks.Measuring;

namespace BackupCopy.Benchmarks.Peers;

/// <summary>One operation of another backup program that does what one of our rows does.</summary>
/// <param name="Row">The name of our row.</param>
/// <param name="Command">What is measured.</param>
/// <param name="CopiedBeside">What cp copies beside it: an image or the stored bytes.</param>
/// <param name="Result">The repository that grows; null for a restore.</param>
internal sealed record PeerStep(string Row, CommandLine Command, string CopiedBeside, string? Result)
{
    /// <summary>Run before, not timed.</summary>
    public IReadOnlyList<CommandLine> Before { get; init; } = [];

    /// <summary>The day whose image lies in the peer's folder for this step; -1 for none.</summary>
    public int Day { get; init; } = -1;
}

/// <summary>
/// Another backup program on the same data: its default settings, no cache beyond the run, nothing shared
/// with the user's own configuration.
/// </summary>
internal abstract class PeerTool
{
    public const string ImageName = "disk.img";

    protected PeerTool(string folder) => Folder = folder;

    public abstract string Name { get; }

    /// <summary>Its world: repositories, password, cache, restored files. Lives for a round.</summary>
    public string Folder { get; }

    /// <summary>Files that have to lie in the folder, by name.</summary>
    public virtual IReadOnlyDictionary<string, string> Files => new Dictionary<string, string>();

    /// <summary>In the order of a life; later steps use what earlier ones left.</summary>
    public abstract IReadOnlyList<PeerStep> Steps(Data.DataSet data);

    /// <summary>The same tool with another world.</summary>
    public abstract PeerTool InFolder(string folder);

    /// <summary>What makes up a chain on disk: the repository first, then what belongs to it.</summary>
    public abstract IReadOnlyList<string> ChainFolders { get; }

    public abstract CommandLine InitialiseChain { get; }

    /// <summary>Backs up the image that lies in the folder.</summary>
    public abstract CommandLine BackUp(int day);

    /// <summary>Removes all but the newest of the seven points and gives their space back.</summary>
    public abstract IReadOnlyList<CommandLine> KeepNewest(int points);

    /// <summary>Verifies every byte of the chain.</summary>
    public abstract CommandLine Check { get; }

    /// <summary>Makes the folder and the files that have to lie in it.</summary>
    public async Task WriteFilesAsync(CancellationToken cancellation)
    {
        Directory.CreateDirectory(Folder);
        foreach (var (name, content) in Files)
        {
            await File.WriteAllTextAsync(In(name), content, cancellation);
        }
    }

    /// <summary>The same path every day, as an incremental backup expects it.</summary>
    public async Task PlaceImageAsync(string image, CancellationToken cancellation)
    {
        FileCopy.Delete(In(ImageName));
        await Command.RunAsync(new CommandLine("ln", [image, In(ImageName)]), cancellation);
    }

    protected string In(string name) => Path.Combine(Folder, name);
}
