namespace BackupCopy.Images.Vmdk;

/// <summary>Opens the extents of a disk: each file once, however many extents it has.</summary>
internal sealed class VmdkExtents(ImageFile own, ImageSession session)
{
    private readonly Dictionary<string, ImageFile> _files = new(StringComparer.Ordinal);

    /// <summary>The one extent of a disk that is a single sparse file; its name may have changed.</summary>
    public VmdkExtent OpenOwn(SparseHeader header) => OpenSparse(own, header, null, 0);

    public VmdkExtent Open(VmdkExtentLine line)
    {
        if (line.Type == "ZERO")
        {
            return new VmdkExtent.Zero(line.SizeBytes);
        }

        EnsureReadable(line);
        return line.Type is "FLAT" or "VMFS" ? OpenFlat(line) : OpenSparse(line);
    }

    private void EnsureReadable(VmdkExtentLine line)
    {
        if (line.Access == "NOACCESS")
        {
            throw ImageError.Unsupported(
                own.Path, $"{line.SizeBytes} bytes of the disk, of {line.FileName}, may not be read",
                "Give the machine a whole disk, or copy it from inside.");
        }

        if (line.Type is not ("FLAT" or "VMFS" or "SPARSE" or "VMFSSPARSE"))
        {
            throw ImageError.Unsupported(
                own.Path, $"it has an extent of the type {line.Type}",
                line.Type == "SESPARSE"
                    ? "Consolidate the machine's snapshots, or copy the disk with vmkfstools -i."
                    : "Copy the disk with vmkfstools -i, or copy the machine from inside.");
        }

        if (line.FileName.Length == 0)
        {
            throw ImageError.Damaged(own.Path, line.LineOffset, "an extent has no file");
        }
    }

    private VmdkExtent.Flat OpenFlat(VmdkExtentLine line)
    {
        var file = OpenFile(line);
        return line.FileOffsetBytes <= file.LengthBytes
            && line.SizeBytes <= file.LengthBytes - line.FileOffsetBytes
            ? new VmdkExtent.Flat(line.SizeBytes, file, line.FileOffsetBytes)
            : throw ImageError.Damaged(
                file.Path, file.LengthBytes,
                $"{own.Path} says that {line.SizeBytes} bytes lie in it at {line.FileOffsetBytes}");
    }

    private VmdkExtent.Sparse OpenSparse(VmdkExtentLine line)
    {
        var file = OpenFile(line);
        Span<byte> mark = stackalloc byte[SparseHeader.Mark.Length];
        file.Read(0, mark);
        if (!mark.SequenceEqual(CowdHeader.Mark))
        {
            return OpenSparse(file, SparseHeader.Read(file), line.SizeBytes, line.LineOffset);
        }

        var tables = GrainTables.Of(file, session.Pages, CowdHeader.Read(file));
        return new VmdkExtent.Sparse(SizeOf(file, tables, line.SizeBytes, line.LineOffset), tables, null);
    }

    private VmdkExtent.Sparse OpenSparse(
        ImageFile file, SparseHeader header, long? sizeBytes, long lineOffset)
    {
        var tables = GrainTables.Of(file, session.Pages, header);
        return new VmdkExtent.Sparse(
            SizeOf(file, tables, sizeBytes, lineOffset), tables,
            header.Flags.HasFlag(SparseFlags.IsCompressed)
                ? new PackedGrains(
                    file, tables, session.Shared<GrainCache>(), header.Flags.HasFlag(SparseFlags.HasMarkers))
                : null);
    }

    // The capacity may be rounded up to whole grains; the line tells what the guest sees.
    private long SizeOf(ImageFile file, GrainTables tables, long? sizeBytes, long lineOffset) =>
        (sizeBytes ?? tables.CapacityBytes) <= tables.CapacityBytes
            ? sizeBytes ?? tables.CapacityBytes
            : throw ImageError.Damaged(
                own.Path, lineOffset,
                $"an extent has {sizeBytes} bytes here and {tables.CapacityBytes} in {file.Path}");

    private ImageFile OpenFile(VmdkExtentLine line)
    {
        if (!_files.TryGetValue(line.FileName, out var file))
        {
            file = session.OpenNeighbour(own, line.FileName);
            _files.Add(line.FileName, file);
        }

        return file;
    }
}
