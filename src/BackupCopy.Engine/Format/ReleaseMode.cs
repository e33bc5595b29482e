namespace BackupCopy.Format;

/// <summary>How the space of records that no restore point uses any more returns.</summary>
public enum ReleaseMode
{
    /// <summary>Holes are punched into block files; dead block files are deleted.</summary>
    Punch,

    /// <summary>
    /// Block files whose live share is low are written anew without what is dead; dead ones are deleted.
    /// </summary>
    Rewrite,

    /// <summary>
    /// No existing file is written to; block files go when nothing in them is in use. For storage that
    /// deduplicates or is write-once.
    /// </summary>
    WholeFiles,
}
