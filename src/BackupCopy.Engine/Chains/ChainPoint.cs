using BackupCopy.Format;

namespace BackupCopy.Chains;

/// <summary>
/// A point file in a chain's folder, with its mark; one that does not verify is listed with its error.
/// </summary>
internal sealed record ChainPoint
{
    public required long Sequence { get; init; }
    public required string FileName { get; init; }

    /// <summary>Null when neither the file nor its second copy verifies.</summary>
    public PointFile? File { get; init; }
    public MarkFile? Mark { get; init; }

    /// <summary>
    /// Why neither mark nor copy can be read; then nobody knows whether the point is on hold.
    /// </summary>
    public BackupCopyException? MarkDamage { get; init; }

    /// <summary>Why the mark itself cannot be read, also where its copy can.</summary>
    public BackupCopyException? MarkFileDamage { get; init; }

    /// <summary>Why there is no <see cref="File"/>.</summary>
    public BackupCopyException? Damage { get; init; }

    /// <summary>Why the point file itself cannot be read, also where its copy can.</summary>
    public BackupCopyException? FileDamage { get; init; }

    /// <summary>
    /// Whether another file of the folder has the same sequence: then nobody knows which is the point, and
    /// neither is counted or removed.
    /// </summary>
    public bool HasTwin { get; init; }

    /// <summary>Whether it may be restored from, copied and appended to.</summary>
    public bool IsUsable => File is not null && Mark is not { IsSetAside: true };

    /// <summary>The time that the file's name tells where the file does not verify.</summary>
    public DateTime TimeUtc => File?.TimeUtc ?? Names.TimeOf(FileName);

    /// <summary>The file name without its ending: the name of its lock and its mark.</summary>
    public string Stem => System.IO.Path.GetFileNameWithoutExtension(FileName);

    /// <summary>Sequence and local time, as errors name it.</summary>
    public string Title => LocalText.OfPoint(Sequence, TimeUtc);
}

/// <summary>A point in the making, or left behind by a writer that is gone.</summary>
/// <param name="FileName">The .bcunfinished file.</param>
/// <param name="File">Null when it does not verify.</param>
internal sealed record UnfinishedPoint(long Sequence, string FileName, PointFile? File);

/// <summary>
/// A point that was removed: nobody restores from it, its records are still to be released.
/// </summary>
/// <param name="FileName">The .removed file.</param>
/// <param name="File">Null when it does not verify.</param>
internal sealed record Tombstone(long Sequence, string FileName, PointFile? File)
{
    public string Stem => System.IO.Path.GetFileNameWithoutExtension(FileName);
}
