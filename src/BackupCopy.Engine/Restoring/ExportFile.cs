using BackupCopy.Images.Writing;
using BackupCopy.Storage;

namespace BackupCopy.Restoring;

/// <summary>
/// The file that an image is written to. The system is told early to write what is there, so that the flush
/// at the end is short; that may wait, so it is done outside of the lock that writes are made under.
/// </summary>
internal sealed class ExportFile(IStorageFile file) : IImageSink
{
    private const long StepBytes = 32L << 20;

    private long _end;
    private long _hinted;

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        file.WriteAll(bytes, offset);
        _end = Math.Max(_end, offset + bytes.Length);
    }

    public void SetLength(long lengthBytes) => file.SetLength(lengthBytes);

    /// <summary>From any thread.</summary>
    public void StartWriteback()
    {
        var from = Interlocked.Read(ref _hinted);
        var end = Interlocked.Read(ref _end);
        if (end - from >= StepBytes && Interlocked.CompareExchange(ref _hinted, end, from) == from)
        {
            file.StartWriteback(from, end - from);
        }
    }
}
