namespace BackupCopy.Images;

/// <summary>An image as it was opened: mostly one disk; a whole machine in an archive.</summary>
/// <param name="Disks">In the order of the image.</param>
/// <param name="Attachments">Small files that came with the disks, such as a configuration.</param>
internal sealed record OpenImage(
    ImageFormat Format, IReadOnlyList<ImageDisk> Disks, IReadOnlyList<ImageAttachment> Attachments)
{
    public static OpenImage Of(VirtualDisk disk) => new(disk.Format, [new ImageDisk("", disk)], []);
}

/// <summary>One disk of an image.</summary>
/// <param name="Name">As the image calls it; empty where it has no name of its own.</param>
internal sealed record ImageDisk(string Name, VirtualDisk Disk);

/// <summary>A small file inside an image.</summary>
internal sealed record ImageAttachment(string Name, ReadOnlyMemory<byte> Content);
