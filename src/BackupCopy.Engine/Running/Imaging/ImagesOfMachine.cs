using System.Security.Cryptography;
using System.Text;
using BackupCopy.Chains;
using BackupCopy.Copying;
using BackupCopy.Format;
using BackupCopy.Images;
using BackupCopy.Jobs;
using BackupCopy.Running.Transferring;
using BackupCopy.Sources;
using BackupCopy.Sources.Folders;

namespace BackupCopy.Running.Imaging;

/// <summary>
/// The image files of one machine as the source of a transfer. They are opened only when nobody writes them,
/// and no point is made of files that changed while they were read.
/// </summary>
internal sealed class ImagesOfMachine : TransferSource
{
    private readonly ImageSet _images;
    private readonly IReadOnlyList<AttachmentEntry> _attachments;
    private readonly Guid _pointId;

    private ImagesOfMachine(
        CandidatePoint point, Guid pointId, ImageSet images, IReadOnlyList<AttachmentEntry> attachments)
    {
        Point = point;
        _pointId = pointId;
        _images = images;
        _attachments = attachments;
    }

    public override CandidatePoint Point { get; }

    public override PointOrigin Origin => new(
        Point.RepositoryId, Point.JobId, Point.Sequence, _pointId);

    /// <remarks>
    /// Errors: <see cref="ErrorCode.ImageLocked"/>, <see cref="ErrorCode.ImageChanged"/>, which pass by
    /// themselves; what is wrong with an image.
    /// </remarks>
    public static ImagesOfMachine Open(
        Engine engine, RepositoryDefinition definition, CandidatePoint point, CancellationToken cancellation)
    {
        var repository = ImageRepository.Open(engine, definition)!;
        var found = repository.Find(point) ?? throw PointTransfer.Gone(point);
        if (repository.Look(found) is { IsLocked: true } state)
        {
            throw new BackupCopyException(
                ErrorCode.ImageLocked,
                $"The images of {point.Machine} of {found.TimeUtc.ToLocalText()} cannot be read yet: "
                + $"{state.Reason}.",
                "The copy goes on by itself when they are complete.");
        }

        var images = ImageSet.Open(found.Paths, definition.Path, definition.Images!.Raw, cancellation);
        try
        {
            foreach (var file in found.Images.Select(i => i.File).Concat(found.Parts).Where(IsChanged))
            {
                throw ImageError.Changed(file.Path);
            }

            return new ImagesOfMachine(
                repository.Candidate(found, point.SourceOrder), IdOf(found), images,
                AttachmentNames.Distinct([.. images.Attachments, .. found.ReadAttachments()]));
        }
        catch
        {
            images.Dispose();
            throw;
        }
    }

    public override Task<PointFile> CopyAsync(
        Chain target, AppendRequest request, CopyOptions options, CopyProgress progress,
        CancellationToken cancellation) => PointCopy.FromImagesAsync(
            _images.Disks, _attachments, target, request, options, progress, cancellation);

    public override void Dispose()
    {
        _images.Dispose();
        base.Dispose();
    }

    // Since the folder was scanned. What happens from now on the open files tell.
    private static bool IsChanged(FolderFile file) => FileIdentity.Of(file.Path) is not { } now
        || (now.Inode, now.LengthBytes, now.WrittenUtc)
            != (file.State.Inode, file.State.LengthBytes, file.State.WrittenUtc);

    // Another state of the same files is another point.
    private static Guid IdOf(ImagePoint point)
    {
        var text = string.Join('\n', point.Images.Select(i => FormattableString.Invariant(
            $"{i.File.RelativePath}|{i.File.State.LengthBytes}|{i.File.State.WrittenUtc.Ticks}")));
        return new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
    }
}
