namespace BackupCopy.Images.Vmdk;

/// <summary>A part of a disk that one file holds. Offsets are the extent's own.</summary>
internal abstract record VmdkExtent(long SizeBytes)
{
    public abstract DiskRun Find(long offset, long most);

    /// <summary>Zeros that need no file.</summary>
    public sealed record Zero(long SizeBytes) : VmdkExtent(SizeBytes)
    {
        public override DiskRun Find(long offset, long most) => new(RunKind.Zero, most);
    }

    /// <summary>The bytes as they are, from a place of a file on.</summary>
    public sealed record Flat(long SizeBytes, ImageFile File, long FileOffset) : VmdkExtent(SizeBytes)
    {
        public override DiskRun Find(long offset, long most) =>
            new(RunKind.Stored, most, File, FileOffset + offset);
    }

    /// <summary>Grains as they were written, compressed where the file says so.</summary>
    public sealed record Sparse(long SizeBytes, GrainTables Tables, PackedGrains? Packed)
        : VmdkExtent(SizeBytes)
    {
        public override DiskRun Find(long offset, long most) => Tables.Find(offset, most);
    }
}
