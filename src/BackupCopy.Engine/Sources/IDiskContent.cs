namespace BackupCopy.Sources;

/// <summary>
/// The plain content of one disk, wherever it comes from: an image file, or a restore point whose blocks have
/// to be cut anew. Holes are known without being read.
/// </summary>
internal interface IDiskContent : IDisposable
{
    /// <summary>What the admin calls the disk.</summary>
    string Name { get; }

    long SizeBytes { get; }

    /// <summary>
    /// The next range at or after the offset that may hold data; false when only zeros follow.
    /// </summary>
    bool TryNextData(long offset, out long start, out long end);

    /// <summary>A reader for one thread.</summary>
    IContentReader OpenReader();

    /// <summary>
    /// Throws when the content changed since it was opened: what was read is then not one state.
    /// </summary>
    void EnsureUnchanged();
}

/// <summary>Reads plain bytes.</summary>
internal interface IContentReader : IDisposable
{
    /// <summary>Fills the whole span from this offset, or throws.</summary>
    void Read(long offset, Span<byte> to);
}
