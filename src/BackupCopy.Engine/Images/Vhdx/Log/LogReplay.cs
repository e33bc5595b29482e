using System.Buffers.Binary;

namespace BackupCopy.Images.Vhdx.Log;

/// <summary>
/// Replays the log of an image that was not closed, in memory: the file itself is never written. What is kept
/// is where the log holds which sector, not the sectors, so that memory stays small.
/// </summary>
internal static class LogReplay
{
    /// <summary>Hyper-V and qemu write 1 MiB.</summary>
    private const long LargestLogBytes = 64L << 20;

    private const int MostChanges = 1 << 18;

    /// <summary>The file as it is with the changes of its log; itself when it has none.</summary>
    public static ImageFile Apply(
        ImageFile file, VhdxHeader header, StructureRange? log, CancellationToken cancellation)
    {
        if (!header.HasLog)
        {
            return file;
        }

        const string remedy = "Let the program that wrote it open and close it once.";
        if (header.LogVersion != 0)
        {
            throw ImageError.Unsupported(
                file.Path, $"it was not closed and has a log of version {header.LogVersion}", remedy);
        }

        if (log is not { } range)
        {
            throw ImageError.Damaged(file.Path, VhdxHeader.FirstOffset, "it was not closed and has no log");
        }

        if (range.LengthBytes > LargestLogBytes)
        {
            throw ImageError.Unsupported(
                file.Path, $"it was not closed and has a log of {range.LengthBytes} bytes", remedy);
        }

        var ring = new LogRing(file, range, header.LogId, cancellation);
        var entries = LogSequence.FindActive(ring);
        if (entries.Count == 0)
        {
            throw ImageError.Damaged(
                file.Path, range.Start, "it was not closed, and its log has no sequence that is whole");
        }

        return Apply(ring, range, entries);
    }

    private static ReplayedFile Apply(LogRing ring, StructureRange range, IReadOnlyList<LogEntry> entries)
    {
        var file = ring.File;
        var head = entries[^1];
        if (head.FlushedFileBytes > (ulong)file.LengthBytes)
        {
            throw ImageError.Damaged(
                file.Path, file.LengthBytes,
                $"it was cut off: it had {head.FlushedFileBytes} bytes when its log was written");
        }

        if (head.LastFileBytes > VhdxLimits.LargestFileBytes)
        {
            throw ImageError.Damaged(
                file.Path, ring.OffsetOf(head.Position),
                $"its log says that the file has {head.LastFileBytes} bytes");
        }

        var changes = new List<LogChange>();
        foreach (var entry in entries)
        {
            ReadChanges(ring, range, entry, changes);
        }

        var length = Math.Max(file.LengthBytes, (long)head.LastFileBytes);
        if (changes.Any(c => c.Source != LogChange.Zeros && c.End > length))
        {
            throw ImageError.Damaged(
                file.Path, ring.OffsetOf(head.Position), $"its log changes the file beyond {length}");
        }

        return new ReplayedFile(file, length, LogChange.Flatten(changes));
    }

    private static void ReadChanges(
        LogRing ring, StructureRange range, LogEntry entry, List<LogChange> changes)
    {
        Span<byte> bytes = stackalloc byte[LogDescriptor.SizeBytes];
        var dataSector = entry.DescriptorSectors;
        for (uint i = 0; i < entry.DescriptorCount; i++)
        {
            var at = ring.OffsetOf(
                entry.Position + LogEntry.HeaderBytes + (long)i * LogDescriptor.SizeBytes);
            ring.File.Read(at, bytes);
            if (!LogDescriptor.TryRead(bytes, out var descriptor)
                || descriptor.SequenceNumber != entry.SequenceNumber)
            {
                throw ImageError.Damaged(ring.File.Path, at, "an entry of its log has a wrong descriptor");
            }

            var length = descriptor.IsData ? LogEntry.SectorBytes : descriptor.LeadingOrLength;
            EnsureTarget(ring, range, at, descriptor.FileOffset, length);
            if (changes.Count == MostChanges)
            {
                throw ImageError.Unsupported(
                    ring.File.Path, $"its log has more than {MostChanges} changes",
                    "Let the program that wrote it open and close it once.");
            }

            long source = LogChange.Zeros;
            if (descriptor.IsData)
            {
                source = ring.OffsetOf(entry.Position + dataSector++ * LogEntry.SectorBytes);
                EnsureDataSector(ring, entry, source, dataSector);
            }

            if (length > 0)
            {
                var start = (long)descriptor.FileOffset;
                changes.Add(new LogChange(
                    start, start + (long)length, source, descriptor.LeadingOrLength, descriptor.Trailing));
            }
        }
    }

    // Headers and the log itself are never changed by way of the log.
    private static void EnsureTarget(
        LogRing ring, StructureRange log, long at, ulong start, ulong length)
    {
        if (start % LogEntry.SectorBytes != 0 || length % LogEntry.SectorBytes != 0
            || start < RegionTable.FirstOffset || start > VhdxLimits.LargestFileBytes
            || length > VhdxLimits.LargestFileBytes
            || ((long)start < log.End && (long)(start + length) > log.Start))
        {
            throw ImageError.Damaged(
                ring.File.Path, at, $"its log changes {length} bytes at {start}, where it may not");
        }
    }

    private static void EnsureDataSector(LogRing ring, LogEntry entry, long source, long sectorsUsed)
    {
        Span<byte> sector = stackalloc byte[LogEntry.SectorBytes];
        ring.File.Read(source, sector);
        var number = ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(sector[4..]) << 32)
            | BinaryPrimitives.ReadUInt32LittleEndian(sector[^4..]);
        if (sectorsUsed > entry.LengthBytes / LogEntry.SectorBytes || !sector.StartsWith("data"u8)
            || number != entry.SequenceNumber)
        {
            throw ImageError.Damaged(
                ring.File.Path, source, "an entry of its log has a wrong data sector");
        }
    }
}
