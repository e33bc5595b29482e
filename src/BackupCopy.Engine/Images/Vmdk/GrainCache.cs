namespace BackupCopy.Images.Vmdk;

/// <summary>
/// The grains that were expanded last, for requests that ask for a part of one; shared by all disks
/// of a session. For any thread.
/// </summary>
internal sealed class GrainCache
{
    private const long MostBytes = 8 << 20;

    private readonly Lock _gate = new();
    private readonly LinkedList<(ImageFile File, long Grain, byte[] Bytes)> _byUse = new();
    private long _bytes;

    public byte[]? Find(ImageFile file, long grain)
    {
        lock (_gate)
        {
            for (var node = _byUse.First; node is not null; node = node.Next)
            {
                if (node.Value.Grain == grain && node.Value.File == file)
                {
                    _byUse.Remove(node);
                    _byUse.AddFirst(node);
                    return node.Value.Bytes;
                }
            }
        }

        return null;
    }

    public void Add(ImageFile file, long grain, byte[] bytes)
    {
        lock (_gate)
        {
            _byUse.AddFirst((file, grain, bytes));
            _bytes += bytes.Length;
            while (_bytes > MostBytes && _byUse.Last is { } last)
            {
                _bytes -= last.Value.Bytes.Length;
                _byUse.RemoveLast();
            }
        }
    }
}
