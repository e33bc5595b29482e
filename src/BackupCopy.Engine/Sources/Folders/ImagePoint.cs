using BackupCopy.Format;
using BackupCopy.Images;
using BackupCopy.Sources.Patterns;

namespace BackupCopy.Sources.Folders;

/// <summary>The image files of one machine at one time, as a folder shows them; nothing is open.</summary>
internal sealed record ImagePoint
{
    public required string Machine { get; init; }

    /// <summary>Null where the pattern has no {job}.</summary>
    public required string? Job { get; init; }

    /// <summary>Of the names, else when the newest of its files was written.</summary>
    public required DateTime TimeUtc { get; init; }

    /// <summary>Grows with the time, and differs among the points of a machine.</summary>
    public required long Sequence { get; init; }

    /// <summary>The pattern that its files match.</summary>
    public required ImagePattern Pattern { get; init; }

    /// <summary>The disks, by path.</summary>
    public required IReadOnlyList<PointImage> Images { get; init; }

    /// <summary>Files that hold content of its disks and are none themselves, such as extents.</summary>
    public required IReadOnlyList<FolderFile> Parts { get; init; }

    /// <summary>Small files that belong to it.</summary>
    public required IReadOnlyList<FolderFile> Attachments { get; init; }

    /// <summary>Names that say that their writer has not finished.</summary>
    public required IReadOnlyList<FolderFile> Unfinished { get; init; }

    /// <summary>Names of lock files that lie beside its files.</summary>
    public required IReadOnlyList<string> LockFiles { get; init; }

    /// <summary>Of images and parts, also unfinished ones.</summary>
    public required long LengthBytes { get; init; }

    /// <summary>When the newest of its files was written.</summary>
    public required DateTime WrittenUtc { get; init; }

    /// <summary>Everything that must stand still before it is read.</summary>
    public IEnumerable<FolderFile> Files =>
        Images.Select(i => i.File).Concat(Parts).Concat(Unfinished).Concat(Attachments);

    /// <summary>What <see cref="ImageSet.Open"/> opens.</summary>
    public IReadOnlyList<ImagePath> Paths => [.. Images.Select(i => new ImagePath(i.File.Path, i.Disk))];

    /// <summary>Reads the attachments; one that grew too large meanwhile is left out.</summary>
    public IReadOnlyList<AttachmentEntry> ReadAttachments() =>
        [.. Attachments.Select(SmallFile.TryRead).OfType<AttachmentEntry>()];
}

/// <summary>A file of the folder.</summary>
/// <param name="RelativePath">With / between folders.</param>
/// <param name="State">As the scan found it.</param>
internal sealed record FolderFile(string Path, string RelativePath, FileIdentity State)
{
    public string Name => RelativePath[(RelativePath.LastIndexOf('/') + 1)..];
}

/// <summary>One disk.</summary>
/// <param name="Disk">
/// What {disk} stands for, else the machine's name: the same in every point, so that disks find each other.
/// </param>
internal sealed record PointImage(FolderFile File, string Disk);

/// <summary>What a folder holds.</summary>
/// <param name="Points">By machine, and those of a machine by sequence.</param>
/// <param name="Problems">What could not be looked at or used; each names its file or folder.</param>
internal sealed record ImageScan(
    IReadOnlyList<ImagePoint> Points, IReadOnlyList<BackupCopyException> Problems, PatternReport Report);
