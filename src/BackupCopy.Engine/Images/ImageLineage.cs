namespace BackupCopy.Images;

/// <summary>
/// The way from the image that was asked for to one of its base images: it may not come back to itself.
/// </summary>
internal sealed record ImageLineage(ImageFile File, ImageLineage? Child = null)
{
    private int Depth { get; } = (Child?.Depth ?? 0) + 1;

    /// <summary>One step further, to a file that <see cref="File"/> names as its base.</summary>
    public ImageLineage Into(ImageFile baseFile)
    {
        if (Depth >= ImageSession.LongestChain)
        {
            throw ImageError.Damaged(
                File.Path, 0, $"more than {ImageSession.LongestChain} images lie below each other");
        }

        for (var image = this; image is not null; image = image.Child)
        {
            if (string.Equals(image.File.Path, baseFile.Path, StringComparison.Ordinal))
            {
                throw ImageError.Damaged(
                    File.Path, 0, $"its base image {baseFile.Path} leads back to itself");
            }
        }

        return new ImageLineage(baseFile, this);
    }
}
