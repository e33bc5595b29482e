namespace BackupCopy.Storage;

/// <summary>
/// Where the files of a repository live: the only way the engine touches them, and the one seam where tests
/// put a disk that fails, fills up or loses power. Calls block; concurrency comes from the callers' workers,
/// since positional file IO has no true asynchronous form on most systems.
/// Nothing is durable until it is flushed: bytes by <see cref="IStorageFile.Flush"/>, names (created,
/// renamed, deleted) by <see cref="FlushDirectory"/>.
/// </summary>
internal interface IStorage
{
    /// <summary>Opens a file; a missing one is <see cref="ErrorCode.MissingFile"/>.</summary>
    IStorageFile Open(string path, OpenFor purpose);

    /// <summary>
    /// False also for a file that the storage fails to look at: nothing may be deleted, made anew or taken
    /// for free because of it.
    /// </summary>
    bool FileExists(string path);

    bool DirectoryExists(string path);

    /// <summary>The direct children, in no order; empty when the directory is missing.</summary>
    IReadOnlyList<StorageEntry> List(string directory);

    /// <summary>Creates one directory below an existing one; nothing happens when it exists.</summary>
    void CreateDirectory(string path);

    /// <summary>
    /// What the entry of a file says, without opening it; null where there is none, or none can be looked at.
    /// </summary>
    StorageEntry? Look(string path)
    {
        foreach (var entry in List(Path.GetDirectoryName(path)!))
        {
            if (!entry.IsDirectory && entry.Name == Path.GetFileName(path))
            {
                return entry;
            }
        }

        return null;
    }

    /// <summary>Renames within one directory, replacing the target atomically.</summary>
    void Rename(string from, string to);

    void Delete(string path);

    /// <summary>
    /// Deletes an empty directory; nothing happens when it is missing, and one that holds anything is an
    /// error. Like the deletion of a file it is durable once the parent is flushed.
    /// </summary>
    void DeleteDirectory(string path);

    void FlushDirectory(string path);

    /// <summary>
    /// The bytes that a file takes on its storage, never more than its length; the length where the storage
    /// does not tell. A missing file is <see cref="ErrorCode.MissingFile"/>.
    /// </summary>
    long AllocatedBytes(string path);

    /// <summary>Bytes free to this user.</summary>
    long FreeBytes(string directory);

    /// <summary>Tries the abilities out in a scratch file below the directory.</summary>
    Format.StorageAbilities Probe(string directory);

    /// <summary>
    /// The operating system's lock on a lock file, gone when the process dies; null while somebody holds it.
    /// </summary>
    IDisposable? TryLock(string path, bool shared);

    /// <summary>
    /// Whether other hosts may use the same files, so that the system's locks are not enough.
    /// </summary>
    bool IsShared(string directory);

    /// <summary>
    /// Calls when a name with this ending appears below the directory, until disposed; null where the storage
    /// does not tell, as on shares that other hosts write.
    /// </summary>
    IDisposable? Watch(string directory, string ending, Action changed);
}

internal enum OpenFor
{
    Reading,

    /// <summary>Reading and writing an existing file.</summary>
    Changing,

    /// <summary>A new file; an existing one is an error.</summary>
    Creating,
}

internal readonly record struct StorageEntry(string Name, bool IsDirectory, long Length, DateTime ChangedUtc);

/// <summary>An open file, read and written by position from any thread.</summary>
internal interface IStorageFile : IDisposable
{
    string Path { get; }

    long Length { get; }

    /// <summary>Reads up to the span's length; 0 at the end. May be short.</summary>
    int Read(Span<byte> to, long offset);

    /// <summary>Writes a part of the bytes, at least one, and says how many. May be short.</summary>
    int Write(ReadOnlySpan<byte> from, long offset);

    /// <summary>
    /// Puts a range of another file into this one by sharing its extents, growing this one where needed. Like
    /// a write it is durable after <see cref="Flush"/>.
    /// </summary>
    /// <returns>
    /// False where this storage or this pair of files cannot; the range then holds anything.
    /// </returns>
    bool TryClone(IStorageFile from, long fromOffset, long offset, long length);

    void SetLength(long length);

    /// <summary>Returns once everything written so far survives a power cut.</summary>
    void Flush();

    /// <summary>A hint that the range will be flushed soon; promises nothing.</summary>
    void StartWriteback(long offset, long length);

    /// <summary>
    /// Gives the range's space back; it reads as zeros afterwards. False where the storage cannot.
    /// </summary>
    bool TryPunch(long offset, long length);
}
