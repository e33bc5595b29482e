namespace BackupCopy.Images.Wrapped;

/// <summary>The bytes of a compressed file from front to back, through one buffer. For one thread.</summary>
internal sealed class CompressedInput(ImageFile file)
{
    /// <summary>How many bytes before the position can be given back at any time.</summary>
    public const int KeptBytes = 8;

    private const int BufferBytes = 1 << 18;

    private readonly byte[] _buffer = new byte[(int)Math.Min(BufferBytes, KeptBytes + file.LengthBytes)];
    private int _start;
    private int _end;
    private long _read;

    public string Path => file.Path;

    /// <summary>Where in the file the next byte lies.</summary>
    public long Position => _read - (_end - _start);

    /// <summary>What is there without reading on.</summary>
    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(_start, _end - _start);

    public void Advance(int count) => _start += count;

    /// <summary>Goes back by at most <see cref="KeptBytes"/>.</summary>
    public void GiveBack(int count) => _start -= count;

    /// <summary>Reads on behind what is there; false at the end of the file.</summary>
    public bool Fill()
    {
        var kept = Math.Min(_start, KeptBytes);
        if (_start > kept)
        {
            _buffer.AsSpan(_start - kept, kept + _end - _start).CopyTo(_buffer);
            (_start, _end) = (kept, kept + _end - _start);
        }

        var count = (int)Math.Min(_buffer.Length - _end, file.LengthBytes - _read);
        if (count == 0)
        {
            return false;
        }

        file.Read(_read, _buffer.AsSpan(_end, count));
        _read += count;
        _end += count;
        return true;
    }

    /// <summary>The next bytes, fewer at the end of the file.</summary>
    public ReadOnlySpan<byte> Peek(int count)
    {
        while (_end - _start < count && Fill())
        {
        }

        return _buffer.AsSpan(_start, Math.Min(count, _end - _start));
    }

    /// <summary>Passes bytes by unread; false when the file has fewer.</summary>
    public bool TrySkip(long count)
    {
        var here = (int)Math.Min(count, _end - _start);
        _start += here;
        count -= here;
        if (count > file.LengthBytes - _read)
        {
            return false;
        }

        _read += count;
        return true;
    }
}
