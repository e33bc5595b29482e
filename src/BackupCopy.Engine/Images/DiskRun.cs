namespace BackupCopy.Images;

/// <summary>Where the bytes of a stretch of a disk come from.</summary>
internal enum RunKind
{
    Zero,

    /// <summary>This image holds nothing for it: the base image's bytes, zeros without one.</summary>
    Base,

    /// <summary>As they are, at one place of a file.</summary>
    Stored,

    /// <summary>Compressed, at a place of a file.</summary>
    Packed,
}

/// <summary>A stretch of a disk whose bytes come from one place.</summary>
/// <param name="LengthBytes">From the offset that was asked for; at least 1.</param>
/// <param name="TableOffset">Where the table lies that says so, for errors.</param>
internal readonly record struct DiskRun(
    RunKind Kind, long LengthBytes, ImageFile? File = null, long FileOffset = 0, long TableOffset = 0);
