using System.Collections.Concurrent;

namespace BackupCopy.Images;

/// <summary>
/// Everything that is open for one image file, also of others that it leads to: base images, parents,
/// extents. Owns the files; shares the memory for tables among them.
/// </summary>
/// <param name="neighbours">Opens what an image names; null where it may name nothing.</param>
internal sealed class ImageSession(ImageNeighbours? neighbours, CancellationToken cancellation = default)
    : IDisposable
{
    /// <summary>The longest way from an image through its base images.</summary>
    public const int LongestChain = 128;

    /// <summary>The most files of one image: a disk of many flat extents has some hundreds.</summary>
    public const int MostFiles = 4096;

    private readonly List<ImageFile> _files = [];
    private readonly ConcurrentDictionary<Type, object> _shared = new();

    public ImagePages Pages { get; } = new();

    /// <summary>For what takes long before the first byte of the disk is there.</summary>
    public CancellationToken Cancellation { get; } = cancellation;

    /// <summary>Every file that was opened, the image itself first.</summary>
    public IReadOnlyList<ImageFile> Files => _files;

    /// <summary>What all images of one kind share within the session, such as a cache.</summary>
    public T Shared<T>()
        where T : class, new() => (T)_shared.GetOrAdd(typeof(T), _ => new T());

    /// <summary>Takes over a file, to be disposed with the session.</summary>
    public ImageFile Own(ImageFile file)
    {
        _files.Add(file);
        return file;
    }

    /// <summary>Opens a file that an image names, by the rules of where it may lie.</summary>
    /// <param name="from">The file that names it.</param>
    /// <param name="reference">As it stands in that file: relative to its folder, or absolute.</param>
    public ImageFile OpenNeighbour(ImageFile from, string reference)
    {
        Cancellation.ThrowIfCancellationRequested();
        if (_files.Count >= MostFiles)
        {
            throw ImageError.Damaged(from.Path, 0, $"it leads to more than {MostFiles} files");
        }

        return Own(neighbours is null
            ? throw ImageError.Outside(from.Path, reference, from.Path)
            : neighbours.Open(from, reference));
    }

    /// <summary>Throws when any of the files is not what it was when it was opened.</summary>
    public void EnsureUnchanged() => _files.ForEach(f => f.EnsureUnchanged());

    public void Dispose()
    {
        _files.ForEach(f => f.Dispose());
        _files.Clear();
    }
}

/// <summary>Where the files lie that an image names.</summary>
internal abstract class ImageNeighbours
{
    /// <summary>Opens one; outside of where files may lie it is an error.</summary>
    public abstract ImageFile Open(ImageFile from, string reference);
}
