namespace BackupCopy.Tests.Storage;

internal enum DiskOperationKind
{
    Read,
    Create,
    Write,
    SetLength,
    Punch,
    Clone,
    Flush,
    CreateDirectory,
    Rename,
    Delete,
    DeleteDirectory,
    FlushDirectory,
}

/// <summary>
/// One use of a <see cref="SimulatedDisk"/>. All kinds but Read change its state and are counted.
/// </summary>
internal readonly record struct DiskOperation(
    DiskOperationKind Kind, string Path, long Offset = 0, long Length = 0)
{
    public string Name => System.IO.Path.GetFileName(Path);

    public override string ToString() => Kind is DiskOperationKind.Read or DiskOperationKind.Write
        ? $"{Kind} {Name} {Offset}+{Length}"
        : $"{Kind} {Name}";
}
