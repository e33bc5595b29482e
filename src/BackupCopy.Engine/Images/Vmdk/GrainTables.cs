using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace BackupCopy.Images.Vmdk;

/// <summary>
/// Where a sparse extent keeps its grains: a directory of tables, whose entries are sectors of the file. Both
/// stand a second time in the file for repairs; the first ones count.
/// </summary>
internal sealed class GrainTables
{
    private const int SectorBytes = SparseHeader.SectorBytes;
    private const int EntryBytes = sizeof(uint);

    /// <summary>An entry for a grain that reads as zeros, where the header allows it.</summary>
    private const uint ZeroedGrain = 1;

    /// <summary>How many entries are looked at for one run.</summary>
    private const int MostEntries = 1024;

    /// <summary>How many tables are looked for that have no entries, before the walk is told.</summary>
    private const int MostTables = 1 << 20;

    private readonly ImageFile _file;
    private readonly ImagePages _pages;
    private readonly long _directoryOffset;
    private readonly long _tableEntries;
    private readonly bool _hasZeroedGrains;
    private readonly bool _isPacked;
    private readonly LastRange _tableRange = new();

    private GrainTables(
        ImageFile file, ImagePages pages, ulong directorySector, ulong capacitySectors, ulong grainSectors,
        uint tableEntries, SparseFlags flags)
    {
        const ulong mostSectors = long.MaxValue / SectorBytes;
        const ulong largestGrain = 1 << 21;
        if (!BitOperations.IsPow2(grainSectors) || grainSectors > largestGrain)
        {
            throw ImageError.Damaged(file.Path, 0, $"a grain cannot have {grainSectors} sectors");
        }

        if (capacitySectors is 0 or > mostSectors)
        {
            throw ImageError.Damaged(file.Path, 0, $"an extent cannot have {capacitySectors} sectors");
        }

        if (tableEntries is 0 or > CowdHeader.TableEntries)
        {
            throw ImageError.Damaged(file.Path, 0, $"a grain table cannot have {tableEntries} entries");
        }

        _file = file;
        _pages = pages;
        _tableEntries = tableEntries;
        _hasZeroedGrains = flags.HasFlag(SparseFlags.HasZeroedGrains);
        _isPacked = flags.HasFlag(SparseFlags.IsCompressed);
        CapacityBytes = (long)capacitySectors * SectorBytes;
        GrainBytes = (long)grainSectors * SectorBytes;
        var tableBytes = GrainBytes * tableEntries;
        var directoryBytes = ((CapacityBytes - 1) / tableBytes + 1) * EntryBytes;
        _directoryOffset = (long)Math.Min(directorySector, mostSectors) * SectorBytes;
        if (directorySector == 0 || directoryBytes > file.LengthBytes - _directoryOffset)
        {
            throw ImageError.Damaged(
                file.Path, _directoryOffset,
                $"the grain directory of {directoryBytes} bytes is not inside the file");
        }
    }

    public long CapacityBytes { get; }

    public long GrainBytes { get; }

    public static GrainTables Of(ImageFile file, ImagePages pages, SparseHeader header) => new(
        file, pages, header.DirectorySector, header.CapacitySectors, header.GrainSectors,
        header.TableEntries, header.Flags);

    public static GrainTables Of(ImageFile file, ImagePages pages, CowdHeader header) => new(
        file, pages, header.DirectorySector, header.CapacitySectors, header.GrainSectors,
        CowdHeader.TableEntries, default);

    public DiskRun Find(long offset, long most)
    {
        var grain = offset / GrainBytes;
        var table = grain / _tableEntries;
        var tableSector = _pages.ReadUInt32LittleEndian(_file, _directoryOffset + table * EntryBytes);
        if (tableSector == 0 || IsHole(tableSector))
        {
            return new DiskRun(RunKind.Base, LengthWithoutEntries(offset, most, table));
        }

        Span<uint> entries = stackalloc uint[MostEntries];
        var index = grain % _tableEntries;
        var wanted = (offset % GrainBytes + most - 1) / GrainBytes + 1;
        entries = entries[..(int)Math.Min(Math.Min(wanted, MostEntries), _tableEntries - index)];
        var entryOffset = (long)tableSector * SectorBytes + index * EntryBytes;
        ReadEntries(entryOffset, entries);
        var kind = KindOf(entries[0], entryOffset);
        var within = offset % GrainBytes;
        var length = Math.Min(most, CountSame(entries, kind) * GrainBytes - within);
        return kind switch
        {
            RunKind.Stored => new DiskRun(
                kind, length, _file, (long)entries[0] * SectorBytes + within, entryOffset),
            RunKind.Packed => new DiskRun(
                kind, length, _file, (long)entries[0] * SectorBytes, entryOffset),
            _ => new DiskRun(kind, length),
        };
    }

    /// <summary>
    /// How far nothing is stored, from a table on that is not there or has no entries. Who makes a disk makes
    /// all of its tables at once, as a hole: of 64 TiB, 4 GiB that need no reading.
    /// </summary>
    private long LengthWithoutEntries(long offset, long most, long table)
    {
        var tableBytes = GrainBytes * _tableEntries;
        var end = (offset + most - 1) / tableBytes + 1;
        var last = Math.Min(end, table + MostTables);
        Span<uint> sectors = stackalloc uint[MostEntries];
        for (table++; table < last;)
        {
            var part = sectors[..(int)Math.Min(sectors.Length, last - table)];
            ReadEntries(_directoryOffset + table * EntryBytes, part);
            var used = IndexOfUsed(part);
            table += used;
            if (used < part.Length)
            {
                break;
            }

            if (part.IndexOfAnyExcept(0u) < 0)
            {
                var next = _pages.NextNonZero(
                    _file, _directoryOffset + table * EntryBytes, _directoryOffset + end * EntryBytes);
                table = (next - _directoryOffset) / EntryBytes;
                last = Math.Min(end, table + MostTables);
            }
        }

        return table == end ? most : Math.Min(most, table * tableBytes - offset);
    }

    private int IndexOfUsed(ReadOnlySpan<uint> tableSectors)
    {
        for (var i = 0; i < tableSectors.Length; i++)
        {
            if (tableSectors[i] != 0 && !IsHole(tableSectors[i]))
            {
                return i;
            }
        }

        return tableSectors.Length;
    }

    /// <summary>Whether all of a table lies in a hole; one that ends outside of the file is damage.</summary>
    private bool IsHole(uint tableSector)
    {
        var from = (long)tableSector * SectorBytes;
        var end = from + _tableEntries * EntryBytes;
        return end <= _file.LengthBytes
            && (!_tableRange.TryNextData(_file, from, out var start, out _) || start >= end);
    }

    private void ReadEntries(long offset, Span<uint> entries)
    {
        _pages.Read(_file, offset, MemoryMarshal.AsBytes(entries));
        if (!BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(entries, entries);
        }
    }

    private RunKind KindOf(uint entry, long entryOffset)
    {
        switch (entry)
        {
            case 0:
                return RunKind.Base;
            case ZeroedGrain when _hasZeroedGrains:
                return RunKind.Zero;
            case ZeroedGrain:
                throw ImageError.Damaged(
                    _file.Path, entryOffset, "a grain is said to lie in the sector behind the header");
            default:
                return _isPacked ? RunKind.Packed : RunKind.Stored;
        }
    }

    private long CountSame(ReadOnlySpan<uint> entries, RunKind kind)
    {
        if (kind is RunKind.Base or RunKind.Zero)
        {
            var other = entries.IndexOfAnyExcept(entries[0]);
            return other < 0 ? entries.Length : other;
        }

        var count = 1;
        var grainSectors = GrainBytes / SectorBytes;
        while (kind == RunKind.Stored && count < entries.Length
            && entries[count] == entries[0] + count * grainSectors)
        {
            count++;
        }

        return count;
    }
}
