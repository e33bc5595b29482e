using BackupCopy.Format;

namespace BackupCopy.Chains;

/// <summary>
/// Point files of one folder with one sequence, as a copy under another name makes them. The one whose name
/// says what is in it is restored from; the others are damage, and none of them is counted or removed until
/// somebody took the wrong one away.
/// </summary>
internal static class PointTwins
{
    /// <param name="same">All points of one sequence.</param>
    /// <returns>The one to restore from first.</returns>
    public static IReadOnlyList<ChainPoint> Resolve(string folder, IReadOnlyList<ChainPoint> same)
    {
        if (same.Count < 2)
        {
            return same;
        }

        List<ChainPoint> ordered =
        [
            .. same.OrderByDescending(HasItsOwnName).ThenByDescending(p => p.File is not null)
                .ThenBy(p => p.FileName, StringComparer.Ordinal),
        ];
        return
        [
            ordered[0] with { HasTwin = true },
            .. ordered.Skip(1).Select(p => new ChainPoint
            {
                Sequence = p.Sequence,
                FileName = p.FileName,
                HasTwin = true,
                Damage = Twins(folder, ordered[0], p),
            }),
        ];
    }

    private static BackupCopyException Twins(string folder, ChainPoint first, ChainPoint second) => new(
        ErrorCode.DamagedFile,
        $"{folder} has two files of restore point {first.Sequence}: {first.FileName} and "
        + $"{second.FileName}.",
        "Move the one that was copied there, or that has the wrong time in its name, out of the folder.");

    private static bool HasItsOwnName(ChainPoint point) =>
        point.File is { } file && Names.PointFile(file.Sequence, file.TimeUtc) == point.FileName;
}
