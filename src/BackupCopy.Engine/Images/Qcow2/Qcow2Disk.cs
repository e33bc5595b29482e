namespace BackupCopy.Images.Qcow2;

/// <summary>
/// A qcow2 image of version 2 or 3 as its active state is; internal snapshots are not looked at. Reads
/// neighbouring clusters at once where they lie in a row, expands compressed ones, and goes to the base for
/// what the image does not hold itself. Reference counts are not used: they say nothing to a reader.
/// </summary>
internal sealed class Qcow2Disk : VirtualDisk
{
    /// <summary>A range is told at this length, whatever follows.</summary>
    private const long LongestRange = 256L << 20;

    private readonly ImageFile _file;
    private readonly ImageFile _data;
    private readonly VirtualDisk? _base;
    private readonly Qcow2Header _header;
    private readonly Qcow2Map _map;
    private readonly ExpandedClusters _expanded;
    private readonly MappedSpace _tableSpace;
    private readonly MappedSpace _dataSpace;
    private readonly LastRange _dataRange = new();
    private readonly LastRange _baseRange = new();
    private readonly CancellationToken _cancellation;

    private Qcow2Disk(
        ImageFile file, ImageFile data, VirtualDisk? baseDisk, in Qcow2Header header, ImageSession session)
    {
        _file = file;
        _data = data;
        _base = baseDisk;
        _header = header;
        _map = new Qcow2Map(file, data, header, session.Pages);
        _expanded = session.Shared<ExpandedClusters>();
        _tableSpace = new MappedSpace(file, file.LengthBytes);
        _dataSpace = data == file ? _tableSpace : new MappedSpace(data, data.LengthBytes);
        _cancellation = session.Cancellation;
    }

    public override ImageFormat Format => ImageFormat.Qcow2;

    public override long SizeBytes => _header.SizeBytes;

    public static Qcow2Disk Open(ImageFile file, ImageSession session, ImageLineage lineage)
    {
        Span<byte> bytes = stackalloc byte[Qcow2Header.MostBytes];
        bytes.Clear();
        file.Read(0, bytes[..(int)Math.Min(bytes.Length, file.LengthBytes)]);
        var header = Qcow2Header.Read(bytes);
        header.Validate(file);
        var extensions = Qcow2Extensions.Read(file, header, session.Pages);
        var data = Qcow2Links.OpenData(file, header, extensions, session, lineage);
        var baseDisk = Qcow2Links.OpenBase(file, header, extensions, session, lineage);
        return new Qcow2Disk(file, data, baseDisk, header, session);
    }

    public override void Read(long offset, Span<byte> to)
    {
        while (to.Length > 0)
        {
            var mapping = _map.Find(offset, offset + to.Length);
            var part = to[..(int)(mapping.End - offset)];
            switch (mapping.Kind)
            {
                case MappingKind.Base:
                    ReadBase(offset, part);
                    break;
                case MappingKind.Zero:
                    part.Clear();
                    break;
                case MappingKind.Data:
                    EnsureInside(mapping, part.Length);
                    _data.Read(mapping.HostOffset, part);
                    break;
                case MappingKind.Compressed:
                    _expanded.Read(
                        _file, _header, (ulong)mapping.HostOffset,
                        (int)(offset & (_header.ClusterBytes - 1)), part);
                    break;
            }

            offset = mapping.End;
            to = to[part.Length..];
        }
    }

    public override bool TryNextData(long offset, out long start, out long end)
    {
        start = end = -1;
        while (offset < SizeBytes && (start < 0 || end - start < LongestRange))
        {
            _cancellation.ThrowIfCancellationRequested();
            var mapping = _map.Find(offset, SizeBytes);
            Count(offset, mapping);
            var (from, to) = DataIn(mapping, offset);
            if (from < to)
            {
                if (start >= 0 && from > end)
                {
                    break;
                }

                start = start < 0 ? from : start;
                end = to;
            }
            else if (start >= 0)
            {
                break;
            }

            offset = to;
        }

        return start >= 0;
    }

    public override void Dispose()
    {
        _base?.Dispose();
        base.Dispose();
    }

    /// <summary>The first data of the mapping; an empty range at its end when there is none.</summary>
    private (long From, long To) DataIn(in Mapping mapping, long offset)
    {
        long from, to;
        switch (mapping.Kind)
        {
            case MappingKind.Base when _base is not null
                && _baseRange.TryNextData(_base, offset, out from, out to) && from < mapping.End:
                return (from, Math.Min(to, mapping.End));
            case MappingKind.Data:
                // What was reserved and never written is a hole of the file.
                EnsureInside(mapping, mapping.End - offset);
                var shift = mapping.HostOffset - offset;
                return _dataRange.TryNextData(_data, mapping.HostOffset, out from, out to)
                    && from < mapping.End + shift
                    ? (from - shift, Math.Min(to - shift, mapping.End)) : (mapping.End, mapping.End);
            case MappingKind.Compressed:
                return (offset, mapping.End);
            default:
                return (mapping.End, mapping.End);
        }
    }

    private void Count(long offset, in Mapping mapping)
    {
        if (_dataSpace != _tableSpace)
        {
            _dataSpace.Count(offset, mapping.End, mapping.StoredBytes, mapping.TableOffset);
            _tableSpace.Count(offset, mapping.End, mapping.TableBytes, mapping.TableOffset);
            return;
        }

        _tableSpace.Count(
            offset, mapping.End, mapping.StoredBytes + mapping.TableBytes, mapping.TableOffset);
    }

    private void EnsureInside(in Mapping mapping, long length)
    {
        if (length > _data.LengthBytes - mapping.HostOffset)
        {
            throw ImageError.Damaged(
                _file.Path, mapping.TableOffset,
                $"it maps {length} bytes at {mapping.HostOffset} of {_data.Path}, which ends at "
                + $"{_data.LengthBytes}");
        }
    }

    private void ReadBase(long offset, Span<byte> to)
    {
        var inside = (int)Math.Clamp((_base?.SizeBytes ?? 0) - offset, 0, to.Length);
        if (inside > 0)
        {
            _base!.Read(offset, to[..inside]);
        }

        to[inside..].Clear();
    }
}
