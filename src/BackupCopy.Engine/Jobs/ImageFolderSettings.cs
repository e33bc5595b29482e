namespace BackupCopy.Jobs;

/// <summary>
/// How a folder of images is read that other programs write. It is a source only: nothing is ever written
/// into it, so that everything known of it lies in the catalog.
/// </summary>
public sealed record ImageFolderSettings
{
    /// <summary>Names that count as images of machines, relative to the folder.</summary>
    /// <value>Empty: those of the usual programs.</value>
    public IReadOnlyList<string> Patterns { get; init; } = [];

    /// <summary>Whether the bytes of the files are taken as they are, whatever they look like.</summary>
    public bool Raw { get; init; }

    /// <summary>How long a file must have stood still before it is read.</summary>
    /// <value>10 seconds; zero trusts the other signs of a writer.</value>
    public TimeSpan SettleTime { get; init; } = DefaultSettleTime;

    public static readonly TimeSpan DefaultSettleTime = TimeSpan.FromSeconds(10);

    /// <summary>The longest possible <see cref="SettleTime"/>.</summary>
    public static readonly TimeSpan LongestSettleTime = TimeSpan.FromDays(1);
}

/// <summary>What is to change of a folder of images; null leaves a value as it is.</summary>
/// <param name="Patterns">Empty for those of the usual programs.</param>
public sealed record ImageFolderChange(
    IReadOnlyList<string>? Patterns = null, bool? Raw = null, TimeSpan? SettleTime = null)
{
    public bool IsNothing => this is { Patterns: null, Raw: null, SettleTime: null };

    public ImageFolderSettings Of(ImageFolderSettings known) => known with
    {
        Patterns = Patterns ?? known.Patterns,
        Raw = Raw ?? known.Raw,
        SettleTime = SettleTime ?? known.SettleTime,
    };
}
