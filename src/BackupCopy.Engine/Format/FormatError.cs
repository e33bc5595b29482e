namespace BackupCopy.Format;

/// <summary>The errors of reading: all of them name the file and the offset.</summary>
internal static class FormatError
{
    public static BackupCopyException Damaged(
        string file, long offset, string expected, string actual) => new(
        ErrorCode.DamagedFile,
        $"{file} is damaged at offset {offset}: expected {expected}, found {actual}.",
        "Restore the file from another copy of the repository, or copy the machine again; other points that "
        + "do not use it are not affected.");

    public static BackupCopyException NewerFormat(string file, int needed) => new(
        ErrorCode.UnsupportedFormat,
        $"{file} needs format version {needed}; this BackupCopy reads up to {FormatVersion.Current}.",
        "Install a newer BackupCopy on this machine.");

    public static BackupCopyException NeedsKey(string file) => new(
        ErrorCode.EncryptedRepository,
        $"{file} is sealed with a repository key that is not open here.",
        "Open the repository with its password first.");
}

/// <summary>
/// Every structure carries two versions: a program older than the read version must refuse it, one older than
/// the write version may read but not change it.
/// </summary>
internal readonly record struct FormatVersion(ushort Read, ushort Write)
{
    public const ushort Current = 1;

    public static FormatVersion Ours => new(Current, Current);

    public bool CanWrite => Write <= Current;

    public static FormatVersion Take(ref ByteReader reader, string file)
    {
        var version = new FormatVersion(reader.U16(), reader.U16());
        if (version.Read > Current)
        {
            throw FormatError.NewerFormat(file, version.Read);
        }

        return version.Read >= 1 ? version : throw reader.Damaged("a format version of 1 or more", "0");
    }

    public void Put(ref ByteWriter writer)
    {
        writer.U16(Read);
        writer.U16(Write);
    }
}
