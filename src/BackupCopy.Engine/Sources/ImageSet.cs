using BackupCopy.Format;
using BackupCopy.Images;

namespace BackupCopy.Sources;

/// <summary>
/// The image files of one machine at one time, opened together: what becomes a restore point.
/// </summary>
internal sealed class ImageSet : IDisposable
{
    private readonly List<ImageSession> _sessions = [];
    private readonly List<ImageContent> _disks = [];
    private readonly List<AttachmentEntry> _attachments = [];

    private ImageSet()
    {
    }

    /// <summary>The disks in the order of the files.</summary>
    public IReadOnlyList<IDiskContent> Disks => _disks;

    /// <summary>What the images themselves bring along.</summary>
    public IReadOnlyList<AttachmentEntry> Attachments => _attachments;

    /// <summary>Opens all of them, or throws and opens none.</summary>
    /// <param name="root">
    /// The folder that base images may lie in; null for the folder of each image.
    /// </param>
    /// <param name="isRaw">The bytes of the files are the disks, whatever they look like.</param>
    public static ImageSet Open(
        IReadOnlyList<ImagePath> images, string? root, bool isRaw, CancellationToken cancellation)
    {
        var set = new ImageSet();
        try
        {
            foreach (var image in images)
            {
                var folder = root ?? Path.GetDirectoryName(Path.GetFullPath(image.Path))!;
                set.Add(image, folder, isRaw, cancellation);
            }

            set.DropBases();
            return set;
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _disks.ForEach(d => d.Dispose());
        _sessions.ForEach(s => s.Dispose());
    }

    private void Add(ImagePath image, string root, bool isRaw, CancellationToken cancellation)
    {
        var session = new ImageSession(new FolderNeighbours(root), cancellation);
        _sessions.Add(session);
        var file = session.Own(DiskFile.Open(image.Path));
        if (file.LengthBytes == 0)
        {
            throw new BackupCopyException(
                ErrorCode.ImageEmpty, $"The image {file.Path} holds 0 bytes.",
                "Give the image of a disk; an empty file is mostly a failed export.");
        }

        var open = ImageFormats.Open(file, session, isRaw);
        foreach (var disk in open.Disks)
        {
            if (disk.Disk.SizeBytes > FormatLimits.LargestDiskBytes)
            {
                throw ImageError.Unsupported(
                    file.Path,
                    $"a disk of {disk.Disk.SizeBytes} bytes is larger than "
                    + $"{FormatLimits.LargestDiskBytes >> 40} TiB",
                    "Split the disk; no larger one can be copied.");
            }

            var name = disk.Name.Length > 0 ? disk.Name : image.Disk;
            _disks.Add(new ImageContent(name, disk.Disk, session));
        }

        _attachments.AddRange(open.Attachments.Select(a => new AttachmentEntry(a.Name, a.Content)));
    }

    // A base image that lies beside the image that needs it is no disk of its own.
    private void DropBases()
    {
        var bases = _sessions.SelectMany(s => s.Files.Skip(1)).OfType<DiskFile>().ToList();
        for (var i = _sessions.Count - 1; i >= 0; i--)
        {
            if (_sessions[i].Files[0] is DiskFile own && bases.Any(b => IsSame(b, own)))
            {
                foreach (var disk in _disks.Where(d => d.IsOf(_sessions[i])).ToList())
                {
                    _disks.Remove(disk);
                    disk.Dispose();
                }
            }
        }
    }

    private static bool IsSame(DiskFile one, DiskFile other) => one.Identity.Inode != 0
        ? (one.Identity.Device, one.Identity.Inode) == (other.Identity.Device, other.Identity.Inode)
        : string.Equals(one.Path, Path.GetFullPath(other.Path), StringComparison.Ordinal);
}

/// <summary>One image file of a machine.</summary>
/// <param name="Disk">What its disk is called, where the image does not say.</param>
internal sealed record ImagePath(string Path, string Disk);
