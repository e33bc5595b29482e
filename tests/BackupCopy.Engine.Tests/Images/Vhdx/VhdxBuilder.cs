using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace BackupCopy.Tests.Images.Vhdx;

/// <summary>
/// Makes VHDX files byte by byte from the specification, also those that qemu-img cannot make. Keeps only
/// the pages that hold something, so that a disk of terabytes is a seed of some kilobytes.
/// </summary>
internal sealed class VhdxBuilder
{
    public const int Megabyte = 1 << 20;
    public const int PageBytes = MemoryImage.PageBytes;
    public const long LogOffset = Megabyte;
    public const int LogBytes = Megabyte;
    public const long MetadataOffset = 2 * Megabyte;
    public const long BatOffset = 3 * Megabyte;
    public const int HeaderOffset = 64 << 10;
    public const int RegionOffset = 192 << 10;
    public const int RegionBytes = 64 << 10;

    public static readonly Guid LogId = new("11111111-2222-3333-4444-555555555555");

    private readonly SortedDictionary<long, byte[]> _pages = [];
    private readonly List<(long Offset, int Length)> _checked = [];
    private readonly List<(long Offset, int Length)> _fields = [];
    private readonly int _sectorBytes;
    private ulong _logNumber = 1;

    public VhdxBuilder(
        long diskBytes, int blockBytes = Megabyte, int sectorBytes = 512, bool hasParent = false,
        bool hasLog = false)
    {
        (DiskBytes, BlockBytes, _sectorBytes, HasParent) = (diskBytes, blockBytes, sectorBytes, hasParent);
        Ratio = (8L << 20) * sectorBytes / blockBytes;
        var entries = (diskBytes / blockBytes + 2) * (Ratio + 1) / Ratio + Ratio + 1;
        BatBytes = (int)((entries * 8 + Megabyte - 1) / Megabyte) * Megabyte;
        FirstBlockOffset = BatOffset + BatBytes;
        LengthBytes = FirstBlockOffset;
        Put(0, "vhdxfile"u8);
        Put(8, Encoding.Unicode.GetBytes("a test"));
        PutHeader(HeaderOffset, 6, hasLog ? LogId : Guid.Empty);
        PutHeader(2 * HeaderOffset, 7, hasLog ? LogId : Guid.Empty);
        PutRegions(RegionOffset);
        PutRegions(RegionOffset + RegionBytes);
        PutMetadata();
        Touch(BatOffset);
    }

    public long DiskBytes { get; }

    public int BlockBytes { get; }

    public bool HasParent { get; }

    public long Ratio { get; }

    public int BatBytes { get; }

    public long FirstBlockOffset { get; }

    public long LengthBytes { get; set; }

    public Guid DataWriteId { get; } = Guid.NewGuid();

    /// <summary>Where the structures lie in <see cref="Bytes"/>, for changes that hurt.</summary>
    public IReadOnlyList<(int Offset, int Length)> Fields =>
        [.. _fields.Select(f => (At(f.Offset), f.Length))];

    /// <summary>The pages that hold something, one behind the other.</summary>
    public byte[] Bytes()
    {
        Fix();
        return _pages.Values.SelectMany(p => p).ToArray();
    }

    public MemoryImage Image(string name = "fuzz.img") => Inflate(Bytes(), name);

    public MemoryImage Inflate(byte[] bytes, string name = "fuzz.img") =>
        new(name, bytes, LengthBytes, [.. _pages.Keys]);

    public void Save(string path)
    {
        Fix();
        using var file = File.Create(path);
        file.SetLength(LengthBytes);
        foreach (var (offset, page) in _pages)
        {
            file.Position = offset;
            file.Write(page);
        }
    }

    public void Put(long offset, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var part = Touch(offset).AsSpan((int)(offset % PageBytes));
            var length = Math.Min(part.Length, bytes.Length);
            bytes[..length].CopyTo(part);
            offset += length;
            bytes = bytes[length..];
        }
    }

    public void Put(long offset, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        Put(offset, bytes);
    }

    public void Put(long offset, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        Put(offset, bytes);
    }

    public byte[] Get(long offset, int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
        {
            bytes[i] = _pages.TryGetValue(Page(offset + i), out var page)
                ? page[(offset + i) % PageBytes] : (byte)0;
        }

        return bytes;
    }

    /// <summary>Takes what is there away, as if it had never been written.</summary>
    public byte[] Take(long offset, int length)
    {
        var bytes = Get(offset, length);
        Put(offset, new byte[length]);
        return bytes;
    }

    public long EntryOffset(long block) => BatOffset + 8 * (block + block / Ratio);

    public long BitmapEntryOffset(long chunk) => BatOffset + 8 * ((chunk + 1) * Ratio + chunk);

    /// <summary>Gives a block the next free place and returns it.</summary>
    public long AddBlock(long block, uint state = 6)
    {
        var offset = LengthBytes;
        LengthBytes += BlockBytes;
        Put(EntryOffset(block), (ulong)offset | state);
        Mark(EntryOffset(block), 8);
        return offset;
    }

    public long AddBitmap(long chunk)
    {
        var offset = LengthBytes;
        LengthBytes += Megabyte;
        Put(BitmapEntryOffset(chunk), (ulong)offset | 6);
        Mark(BitmapEntryOffset(chunk), 8);
        return offset;
    }

    /// <summary>A log entry, where each change is the new content of a page, or zeros for null.</summary>
    /// <param name="position">In the log; it goes round.</param>
    /// <param name="tail">Where the oldest entry begins that goes with it.</param>
    /// <returns>Where the next entry begins.</returns>
    public long AddLog(
        long position, long tail, params IReadOnlyList<(long Offset, long Length, byte[]? Bytes)> changes)
    {
        var sectors = (64 + 32 * changes.Count + PageBytes - 1) / PageBytes;
        var length = (sectors + changes.Count(c => c.Bytes is not null)) * PageBytes;
        var entry = new byte[length];
        "loge"u8.CopyTo(entry);
        BinaryPrimitives.WriteInt32LittleEndian(entry.AsSpan(8), length);
        BinaryPrimitives.WriteInt32LittleEndian(entry.AsSpan(12), (int)tail);
        BinaryPrimitives.WriteUInt64LittleEndian(entry.AsSpan(16), _logNumber);
        BinaryPrimitives.WriteInt32LittleEndian(entry.AsSpan(24), changes.Count);
        LogId.TryWriteBytes(entry.AsSpan(32));
        BinaryPrimitives.WriteInt64LittleEndian(entry.AsSpan(48), LengthBytes);
        BinaryPrimitives.WriteInt64LittleEndian(entry.AsSpan(56), LengthBytes);
        var data = sectors * PageBytes;
        for (var i = 0; i < changes.Count; i++)
        {
            var descriptor = entry.AsSpan(64 + 32 * i, 32);
            BinaryPrimitives.WriteInt64LittleEndian(descriptor[16..], changes[i].Offset);
            BinaryPrimitives.WriteUInt64LittleEndian(descriptor[24..], _logNumber);
            if (changes[i].Bytes is not { } bytes)
            {
                "zero"u8.CopyTo(descriptor);
                BinaryPrimitives.WriteInt64LittleEndian(descriptor[8..], changes[i].Length);
                continue;
            }

            "desc"u8.CopyTo(descriptor);
            bytes.AsSpan(PageBytes - 4).CopyTo(descriptor[4..]);
            bytes.AsSpan(0, 8).CopyTo(descriptor[8..]);
            var sector = entry.AsSpan(data, PageBytes);
            bytes.CopyTo(sector);
            "data"u8.CopyTo(sector);
            BinaryPrimitives.WriteUInt32LittleEndian(sector[4..], (uint)(_logNumber >> 32));
            BinaryPrimitives.WriteUInt32LittleEndian(sector[^4..], (uint)_logNumber);
            data += PageBytes;
        }

        _logNumber++;
        for (var at = 0; at < length; at += PageBytes)
        {
            Put(LogOffset + (position + at) % LogBytes, entry.AsSpan(at, PageBytes));
        }

        _checked.Add((LogOffset + position, length));
        Mark(LogOffset + position, 64 + 32 * changes.Count);
        return (position + length) % LogBytes;
    }

    /// <summary>Puts the entry that was added last under a checksum over so many bytes.</summary>
    public void WidenLog(int length) => _checked[^1] = (_checked[^1].Offset, length);

    public void NextLogNumber(ulong number) => _logNumber = number;

    /// <summary>Puts the locator of a parent into a disk that has one.</summary>
    public void AddParent(params IReadOnlyList<(string Key, string Value)> pairs)
    {
        const int at = (64 << 10) + 40;
        var texts = new List<byte>();
        var locator = new byte[20 + 12 * pairs.Count];
        new Guid("b04aefb7-d19e-4a81-b789-25b8e9445913").TryWriteBytes(locator);
        BinaryPrimitives.WriteUInt16LittleEndian(locator.AsSpan(18), (ushort)pairs.Count);
        for (var i = 0; i < pairs.Count; i++)
        {
            var entry = locator.AsSpan(20 + 12 * i);
            foreach (var (text, offsetAt, lengthAt) in
                ((string, int, int)[])[(pairs[i].Key, 0, 8), (pairs[i].Value, 4, 10)])
            {
                var bytes = Encoding.Unicode.GetBytes(text);
                BinaryPrimitives.WriteInt32LittleEndian(entry[offsetAt..], locator.Length + texts.Count);
                BinaryPrimitives.WriteUInt16LittleEndian(entry[lengthAt..], (ushort)bytes.Length);
                texts.AddRange(bytes);
            }
        }

        byte[] whole = [.. locator, .. texts];
        PutItem(5, new Guid("a8d35f2d-b30b-454d-abf7-d3d84834ab0c"), at, whole, 4);
        Mark(MetadataOffset + at, locator.Length);
    }

    /// <summary>The changes of the disk that a child of this one needs to name it.</summary>
    public void AddParent(VhdxBuilder parent, string name) => AddParent(
        ("parent_linkage", $"{{{parent.DataWriteId}}}"), ("relative_path", $@".\{name}"));

    public void PutItem(int index, Guid id, int at, ReadOnlySpan<byte> value, uint flags)
    {
        var entry = MetadataOffset + 32 + 32 * index;
        Put(entry, id.ToByteArray());
        Put(entry + 16, (uint)at);
        Put(entry + 20, (uint)value.Length);
        Put(entry + 24, flags);
        Put(MetadataOffset + at, value);
        Put(MetadataOffset + 10, BitConverter.GetBytes((ushort)(index + 1)));
        Mark(entry, 32);
    }

    /// <summary>Mends the checksums of pages that were changed.</summary>
    public void Fix(byte[] bytes)
    {
        var zeros = new byte[RegionBytes - PageBytes];
        foreach (var (offset, length) in _checked)
        {
            var at = At(offset);
            if (at + PageBytes > bytes.Length)
            {
                continue;
            }

            bytes.AsSpan(at + 4, 4).Clear();
            var state = Crc(uint.MaxValue, bytes.AsSpan(at, PageBytes));
            for (var done = PageBytes; length != RegionBytes && done < length; done += PageBytes)
            {
                var next = At(LogOffset + (offset - LogOffset + done) % LogBytes);
                state = next + PageBytes > bytes.Length
                    ? state : Crc(state, bytes.AsSpan(next, PageBytes));
            }

            state = length == RegionBytes ? Crc(state, zeros) : state;
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at + 4), ~state);
        }
    }

    private static uint Crc(uint state, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length > 0; bytes = bytes[8..])
        {
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        return state;
    }

    private static long Page(long offset) => offset / PageBytes * PageBytes;

    private void Fix()
    {
        var bytes = _pages.Values.SelectMany(p => p).ToArray();
        Fix(bytes);
        foreach (var (offset, _) in _checked)
        {
            bytes.AsSpan(At(offset), PageBytes).CopyTo(_pages[offset]);
        }
    }

    private int At(long offset)
    {
        var index = 0;
        foreach (var page in _pages.Keys)
        {
            if (page == Page(offset))
            {
                return index * PageBytes + (int)(offset % PageBytes);
            }

            index++;
        }

        throw new InvalidOperationException($"Nothing lies at {offset}.");
    }

    private byte[] Touch(long offset)
    {
        if (!_pages.TryGetValue(Page(offset), out var page))
        {
            _pages.Add(Page(offset), page = new byte[PageBytes]);
        }

        return page;
    }

    private void Mark(long offset, int length) => _fields.Add((offset, length));

    private void PutHeader(long offset, ulong number, Guid logId)
    {
        Put(offset, "head"u8);
        Put(offset + 8, number);
        Put(offset + 16, Guid.NewGuid().ToByteArray());
        Put(offset + 32, DataWriteId.ToByteArray());
        Put(offset + 48, logId.ToByteArray());
        Put(offset + 64, 1U << 16);
        Put(offset + 68, (uint)LogBytes);
        Put(offset + 72, (ulong)LogOffset);
        _checked.Add((offset, PageBytes));
        Mark(offset, 80);
    }

    private void PutRegions(long offset)
    {
        Put(offset, "regi"u8);
        Put(offset + 8, 2U);
        Put(offset + 16, new Guid("2dc27766-f623-4200-9d64-115e9bfd4a08").ToByteArray());
        Put(offset + 32, (ulong)BatOffset);
        Put(offset + 40, (uint)BatBytes);
        Put(offset + 44, 1U);
        Put(offset + 48, new Guid("8b7ca206-4790-4b9a-b8fe-575f050f886e").ToByteArray());
        Put(offset + 64, (ulong)MetadataOffset);
        Put(offset + 72, (uint)Megabyte);
        Put(offset + 76, 1U);
        _checked.Add((offset, RegionBytes));
        Mark(offset, 80);
    }

    private void PutMetadata()
    {
        const int at = 64 << 10;
        Put(MetadataOffset, "metadata"u8);
        Mark(MetadataOffset, 16);
        byte[] parameters = [.. BitConverter.GetBytes(BlockBytes), (byte)(HasParent ? 2 : 0), 0, 0, 0];
        PutItem(0, new Guid("caa16737-fa36-4d43-b3b6-33f0aa44e76b"), at, parameters, 4);
        PutItem(
            1, new Guid("2fa54224-cd1b-4876-b211-5dbed83bf4b8"), at + 8, BitConverter.GetBytes(DiskBytes), 6);
        PutItem(
            2, new Guid("beca12ab-b2e6-4523-93ef-c309e000c746"), at + 16, Guid.NewGuid().ToByteArray(), 6);
        PutItem(
            3, new Guid("8141bf1d-a96f-4709-ba47-f233a8faab5f"), at + 32,
            BitConverter.GetBytes(_sectorBytes), 6);
        PutItem(4, new Guid("cda348c7-445d-4471-9cc9-e9885251c556"), at + 36, BitConverter.GetBytes(4096), 6);
        Mark(MetadataOffset + at, 40);
    }
}
