using BackupCopy.Blocks;

namespace BackupCopy.Format;

/// <summary>GFS flags of a point; one point may carry several.</summary>
[Flags]
internal enum GfsFlags : byte
{
    None = 0,
    Weekly = 1,
    Monthly = 2,
    Quarterly = 4,
    Yearly = 8,
}

/// <summary>One disk of a restore point: its size and the root of its map.</summary>
internal sealed record DiskEntry
{
    /// <summary>The disk's identity through all points and copies.</summary>
    public required Guid Id { get; init; }

    /// <summary>What the admin calls it, mostly the image's file name.</summary>
    public required string Name { get; init; }
    public required long SizeBytes { get; init; }

    /// <summary>The root's content digest and record; empty for a disk of zeros.</summary>
    public required MapEntry Root { get; init; }

    /// <summary>Plain bytes of the blocks that are not zero.</summary>
    public required long UsedBytes { get; init; }
}

/// <summary>A block file whose records the point uses.</summary>
/// <param name="Uses">
/// How many entries of the point's maps name a record of it; a file without any is not listed.
/// </param>
internal readonly record struct BlockFileReference(
    uint Number, BlockFileKind Kind, Guid FileId, long BirthSequence, long Uses);

/// <summary>A small file that travels with the point, such as a machine's configuration.</summary>
internal sealed record AttachmentEntry(string Name, ReadOnlyMemory<byte> Content);

/// <summary>Where a copied point came from; it decides what "newer" means for the next sync.</summary>
internal readonly record struct PointOrigin(Guid RepositoryId, Guid JobId, long Sequence, Guid PointId);

/// <summary>
/// A .bcpoint file: everything that is known of a restore point when it is published; it never changes. The
/// header (times, sizes, ids, counts) is readable by design; the body is sealed in an encrypted repository.
/// The same structure with the flag Unfinished is the .bcunfinished file of a point in the making.
/// </summary>
internal sealed partial record PointFile
{
    public required Guid PointId { get; init; }
    public required long Sequence { get; init; }

    /// <summary>The time of the machine's state, UTC. Data, not order.</summary>
    public required DateTime TimeUtc { get; init; }
    public required DateTime WrittenUtc { get; init; }
    public required Guid RepositoryId { get; init; }
    public required Guid JobId { get; init; }
    public required Guid MachineId { get; init; }
    public required int BlockSizeBytes { get; init; }

    /// <summary>True in a .bcunfinished file.</summary>
    public bool IsUnfinished { get; init; }

    /// <summary>True when it shares no block with an older point.</summary>
    public bool IsFull { get; init; }

    /// <summary>The sum of the disks' sizes.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Bytes that this point added to the repository, map included.</summary>
    public required long AddedBytes { get; init; }

    public required string MachineName { get; init; }
    public required string JobName { get; init; }
    public required Compression Compression { get; init; }
    public GfsFlags Gfs { get; init; }

    /// <summary>Why the flags were given; empty without flags.</summary>
    public string GfsReason { get; init; } = "";
    public PointOrigin Origin { get; init; }
    public IReadOnlyList<DiskEntry> Disks { get; init; } = [];
    public IReadOnlyList<BlockFileReference> BlockFiles { get; init; } = [];
    public IReadOnlyList<AttachmentEntry> Attachments { get; init; } = [];
    public FormatVersion Version { get; init; } = FormatVersion.Ours;
}
