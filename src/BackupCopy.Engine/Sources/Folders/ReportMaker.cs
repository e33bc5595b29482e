using BackupCopy.Images;
using BackupCopy.Sources.Patterns;

namespace BackupCopy.Sources.Folders;

/// <summary>Says how the names of a folder fit the patterns.</summary>
internal sealed class ReportMaker(
    string path, IReadOnlyList<ImagePattern> patterns, NameReader names, bool isDefault, TimeZoneInfo zone)
{
    private const int MostSamples = 10;

    public PatternReport Make(
        IReadOnlyList<WalkedFolder> folders, IReadOnlyList<NamedFile> files, int deeperFolders)
    {
        var matched = files.Where(f => f.Understood is not null).ToList();
        var missed = files.Where(f => f.Role == FileRole.Missed).ToList();
        return new PatternReport(
            files.Count, matched.Count, missed.Count,
            [
                .. matched.DistinctBy(f => f.Understood!.Machine, StringComparer.OrdinalIgnoreCase)
                    .Concat(matched).Distinct().Take(MostSamples).Select(Info),
            ],
            [
                .. missed.Take(MostSamples)
                    .Select(f => new PatternMissInfo(f.RelativePath, names.WhyMissed(f, isDefault))),
                .. Others(folders, files).Take(Math.Max(0, MostSamples - missed.Count)),
            ],
            matched.Count > 0 ? "" : Why(files.Count, missed, deeperFolders));
    }

    private PatternMatchInfo Info(NamedFile file)
    {
        var name = file.Understood!;
        return new PatternMatchInfo(
            file.RelativePath, patterns[file.Pattern].Text, name.Machine, name.Job, name.Disk,
            name.ToUtc(zone)
                ?? FileIdentity.Of(Path.Combine(file.Folder.Path, file.Name))?.WrittenUtc ?? default);
    }

    // What an admin might take for an image, and why it is none.
    private static IEnumerable<PatternMissInfo> Others(
        IReadOnlyList<WalkedFolder> folders, IReadOnlyList<NamedFile> files) =>
        folders.SelectMany(f => f.Links.Select(
                l => new PatternMissInfo(f.Relative(l), "it is a link, which is not followed")))
            .Concat(files.Where(f => f.Role == FileRole.Ignored).Select(
                f => new PatternMissInfo(f.RelativePath, "it is hidden, or of a kind that is no disk")));

    private string Why(int count, List<NamedFile> missed, int deeperFolders)
    {
        var pattern = isDefault ? "the usual names of images" : string.Join(
            " or ", patterns.Select(p => $"'{p.Text}'"));
        var deeper = deeperFolders == 0 ? ""
            : deeperFolders == 1 ? " 1 folder lies deeper than that reaches."
            : $" {deeperFolders} folders lie deeper than that reaches.";
        return count == 0
            ? $"{path} holds no files where {pattern} could be.{deeper}"
            : missed.Count == 0
                ? $"None of the {count} files in {path} could be an image.{deeper}"
                : $"None of the {count} files in {path} matches {pattern}: {missed[0].RelativePath}: "
                    + $"{names.WhyMissed(missed[0], isDefault)}.{deeper}";
    }
}
