namespace BackupCopy.Images.Qcow2;

/// <summary>A range of the disk that comes from one place.</summary>
/// <param name="HostOffset">Where data lies in its file; of a compressed cluster its L2 descriptor.</param>
/// <param name="TableOffset">The entry that says so, for errors.</param>
/// <param name="StoredBytes">What it uses of the file that holds data; for the count of mapped bytes.</param>
/// <param name="TableBytes">What it uses of the tables; for the same count.</param>
internal readonly record struct Mapping(
    MappingKind Kind, long End, long HostOffset, long TableOffset, long StoredBytes, long TableBytes);

/// <summary>
/// The two levels of tables that say where each cluster lies. Reads them through the pages of the session, a
/// part of one L2 table at a time, and checks each entry before it is used.
/// </summary>
internal sealed class Qcow2Map(
    ImageFile file, ImageFile data, Qcow2Header header, ImagePages pages)
{
    /// <summary>Entries read at a time: 16 MiB of a disk with clusters of 64 KiB.</summary>
    private const int MostEntries = 256;

    private readonly bool _isExternal = data != file;
    private readonly int _clusterBits = (int)header.ClusterBits;
    private readonly long _l1End = (long)header.L1Offset + header.L1Entries * (long)sizeof(ulong);

    /// <summary>The mapping at an offset, as far as it goes on, at most to the limit.</summary>
    public Mapping Find(long offset, long limit)
    {
        var l1Index = offset / header.L1SpanBytes;
        var l1At = (long)header.L1Offset + l1Index * sizeof(ulong);
        var table = (long)(pages.ReadUInt64BigEndian(file, l1At) & L2Entry.OffsetMask);
        if (table == 0)
        {
            var next = pages.NextNonZero(file, l1At + sizeof(ulong), _l1End);
            var nextIndex = next == _l1End
                ? header.L1Entries : (next - (long)header.L1Offset) / sizeof(ulong);
            return new Mapping(
                MappingKind.Base, Math.Min(limit, nextIndex * header.L1SpanBytes), 0, l1At, 0, 0);
        }

        if (table % header.ClusterBytes != 0 || table > file.LengthBytes - header.ClusterBytes)
        {
            throw ImageError.Damaged(
                file.Path, l1At, $"an L2 table of {header.ClusterBytes} bytes cannot lie at {table}");
        }

        var found = FindIn(table, offset, Math.Min(limit, (l1Index + 1) * header.L1SpanBytes));
        // An entry counts where its cluster ends: subclusters may divide it into many mappings.
        var entries = (found.End >> _clusterBits) - (offset >> _clusterBits);
        return found with { TableBytes = entries * header.L2EntryBytes };
    }

    private Mapping FindIn(long table, long offset, long limit)
    {
        var index = (int)((offset >> _clusterBits) % header.L2Entries);
        var wanted = ((limit - 1) >> _clusterBits) - (offset >> _clusterBits) + 1;
        var count = (int)Math.Min(wanted, Math.Min(MostEntries, header.L2Entries - index));
        Span<byte> bytes = stackalloc byte[count * header.L2EntryBytes];
        var tableAt = table + (long)index * header.L2EntryBytes;
        pages.Read(file, tableAt, bytes);
        if (bytes[0] == 0 && bytes.IndexOfAnyExcept((byte)0) < 0)
        {
            return Unmapped(table, tableAt, offset, limit);
        }

        return Run(bytes, tableAt, offset, limit);
    }

    private Mapping Unmapped(long table, long tableAt, long offset, long limit)
    {
        var next = pages.NextNonZero(file, tableAt, table + header.ClusterBytes);
        var entries = (next - tableAt) / header.L2EntryBytes;
        var end = ((offset >> _clusterBits) + entries) << _clusterBits;
        return new Mapping(MappingKind.Base, Math.Min(limit, end), 0, tableAt, 0, 0);
    }

    // Neighbours are one mapping as long as they are of one kind, and data lies in a row.
    private Mapping Run(ReadOnlySpan<byte> bytes, long tableAt, long offset, long limit)
    {
        var first = At(bytes, tableAt, offset);
        var end = first.End;
        while (end < limit && first.Kind != MappingKind.Compressed)
        {
            // The same entry again where its subclusters differ.
            var entryAt = (int)((end >> _clusterBits) - (offset >> _clusterBits)) * header.L2EntryBytes;
            if (entryAt >= bytes.Length)
            {
                break;
            }

            var next = At(bytes[entryAt..], tableAt + entryAt, end);
            if (next.Kind != first.Kind
                || (first.Kind == MappingKind.Data && next.HostOffset != first.HostOffset + end - offset))
            {
                break;
            }

            end = next.End;
        }

        end = Math.Min(end, limit);
        var stored = first.Kind == MappingKind.Data ? end - offset : first.StoredBytes;
        return first with { End = end, StoredBytes = stored };
    }

    /// <summary>What one entry says of an offset, to the end of the cluster or of like subclusters.</summary>
    private Mapping At(ReadOnlySpan<byte> bytes, long tableAt, long offset)
    {
        var entry = L2Entry.Read(bytes, header.HasSubclusters);
        var inside = offset & (header.ClusterBytes - 1);
        var start = offset - inside;
        if (entry.IsCompressed)
        {
            return Compressed(entry, tableAt, start + header.ClusterBytes);
        }

        var kind = entry.Kind(_isExternal);
        var end = start + header.ClusterBytes;
        if (header.HasSubclusters)
        {
            if (!entry.AreSubclustersSound(_isExternal))
            {
                throw ImageError.Damaged(
                    file.Path, tableAt,
                    $"the subclusters 0x{entry.Subclusters:x16} of an L2 entry contradict each other");
            }

            var subcluster = (int)(inside / header.UnitBytes);
            (kind, var count) = entry.Subcluster(subcluster);
            end = start + (long)(subcluster + count) * header.UnitBytes;
        }
        else if (kind == MappingKind.Zero && header.Version < 3)
        {
            throw ImageError.Damaged(
                file.Path, tableAt, "an L2 entry marks zeros, which version 2 does not know");
        }

        if (kind != MappingKind.Data)
        {
            return new Mapping(kind, end, 0, tableAt, 0, 0);
        }

        return entry.HostOffset % header.ClusterBytes == 0
            ? new Mapping(kind, end, entry.HostOffset + inside, tableAt, 0, 0)
            : throw ImageError.Damaged(
                file.Path, tableAt, $"a cluster cannot lie at {entry.HostOffset}, between two others");
    }

    private Mapping Compressed(L2Entry entry, long tableAt, long end)
    {
        if (_isExternal)
        {
            throw ImageError.Damaged(
                file.Path, tableAt, "a cluster is compressed, which cannot be in an external data file");
        }

        // The length is known to a sector only, and a small sector may hold many clusters; but neither
        // compression makes less than this of a cluster.
        var (_, length) = entry.CompressedPlace(header.ClusterBits);
        var leastBytes = header.Compression == Qcow2Compression.Zlib
            ? header.ClusterBytes / 1040 : header.ClusterBytes >> 15;
        var stored = Math.Max(Math.Max(1, leastBytes), length - 511);
        return new Mapping(
            MappingKind.Compressed, end, (long)entry.Descriptor, tableAt, stored, 0);
    }
}
