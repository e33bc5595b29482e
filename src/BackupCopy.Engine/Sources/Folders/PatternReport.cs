namespace BackupCopy.Sources.Folders;

/// <summary>How the files of a folder fit the patterns, for whoever has to correct them.</summary>
/// <param name="Files">How many files were looked at.</param>
/// <param name="Matches">Some of those that match, of different machines.</param>
/// <param name="Misses">Some of those that do not.</param>
/// <param name="Why">Why nothing matches; empty when something does.</param>
public sealed record PatternReport(
    int Files, int MatchedFiles, int MissedFiles, IReadOnlyList<PatternMatchInfo> Matches,
    IReadOnlyList<PatternMissInfo> Misses, string Why);

/// <summary>What was understood of a file.</summary>
/// <param name="Path">Relative to the repository.</param>
/// <param name="TimeUtc">Of the name, else when the file was written.</param>
public sealed record PatternMatchInfo(
    string Path, string Pattern, string Machine, string? Job, string? Disk, DateTime TimeUtc);

/// <summary>A file that fits no pattern.</summary>
/// <param name="Path">Relative to the repository.</param>
/// <param name="Why">In words that follow the path and a colon.</param>
public sealed record PatternMissInfo(string Path, string Why);
