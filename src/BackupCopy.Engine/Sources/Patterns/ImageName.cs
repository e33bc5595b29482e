namespace BackupCopy.Sources.Patterns;

/// <summary>What the path of a file tells by a pattern.</summary>
/// <param name="Machine">As it is spelled there; never empty.</param>
/// <param name="Job">Null where the pattern has no {job}.</param>
/// <param name="Disk">Null where the pattern has no {disk}.</param>
/// <param name="TimeLocal">The time of a clock on the wall; null when it is UTC or the file's own.</param>
/// <param name="TimeUtc">Null when the time is local or the file's own.</param>
/// <param name="Extension">Such as "qcow2" or "vma.zst"; null where the pattern has no {ext}.</param>
/// <param name="Elsewhere">What * stood for in names of folders: it keeps sets of files apart.</param>
internal sealed record ImageName(
    string Machine, string? Job, string? Disk, DateTime? TimeLocal, DateTime? TimeUtc, string? Extension,
    string Elsewhere = "")
{
    /// <summary>
    /// Null for the file's own time. An hour that the change to summer time leaves out counts as if there
    /// were none; of one that comes twice it is the second.
    /// </summary>
    public DateTime? ToUtc(TimeZoneInfo zone)
    {
        if (TimeLocal is not { } local)
        {
            return TimeUtc;
        }

        var utc = local - zone.GetUtcOffset(local);
        return DateTime.SpecifyKind(utc, DateTimeKind.Utc);
    }
}
