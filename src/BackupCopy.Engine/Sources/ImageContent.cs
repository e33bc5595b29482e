using BackupCopy.Images;

namespace BackupCopy.Sources;

/// <summary>
/// One disk of an image as the content that a copy reads. The image must stay as it is from opening to
/// <see cref="EnsureUnchanged"/>.
/// </summary>
internal sealed class ImageContent(string name, VirtualDisk disk, ImageSession session) : IDiskContent
{
    public string Name { get; } = name;

    public long SizeBytes => disk.SizeBytes;

    public bool TryNextData(long offset, out long start, out long end) =>
        disk.TryNextData(offset, out start, out end);

    public IContentReader OpenReader() => new Reader(disk);

    /// <summary>Whether the disk was opened from the files of this session.</summary>
    public bool IsOf(ImageSession other) => session == other;

    public void EnsureUnchanged() => session.EnsureUnchanged();

    /// <summary>The disk only: the session's owner closes the files.</summary>
    public void Dispose() => disk.Dispose();

    private sealed class Reader(VirtualDisk disk) : IContentReader
    {
        public void Read(long offset, Span<byte> to) => disk.Read(offset, to);

        public void Dispose()
        {
        }
    }
}
