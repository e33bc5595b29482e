using BackupCopy.Benchmarks.Data;
using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Benchmarks.Rows;

/// <summary>
/// The chain of a disk of 256 times the size (1 TiB) with blocks of 256 KiB, all in use, and 60 points of
/// which each changes 1 % in runs strewn over the disk. Points, maps and indexes are real; block files have
/// their headers and lengths and no block, since planning reads none. Made once and kept in the work folder.
/// </summary>
internal static class PlanChain
{
    public const int Points = 60;

    private const int Version = 1;
    private const ulong Seed = 0x504C414E;
    private const int BlockSizeBytes = 256 << 10;
    private const int BlocksOfRecordRun = 256;
    private const int LongestRun = 64;
    private const int SmallestSlotPages = 16;
    private const int SlotPages = 18;
    private static readonly DateTime FirstDay = new(2026, 1, 1, 2, 0, 0, DateTimeKind.Utc);

    /// <summary>Gives the folder of the repository; makes it where it is missing.</summary>
    public static string Ensure(string workFolder, long sizeBytes, Action<string> report)
    {
        long diskBytes = sizeBytes * 256;
        string folder = Path.Combine(workFolder, $"plan-v{Version}-{diskBytes >> 30}GiB");
        if (Directory.Exists(folder))
        {
            return folder;
        }

        report($"Making {folder}");
        string unfinished = folder + ".unfinished";
        if (Directory.Exists(unfinished))
        {
            Directory.Delete(unfinished, recursive: true);
        }

        RepositoryFolder.Create(
            LocalStorage.Instance, unfinished, BlockSizeBytes, Compression.Default, FirstDay);
        for (int point = 0; point < Points; point++)
        {
            Append(unfinished, point, diskBytes);
        }

        Directory.Move(unfinished, folder);
        return folder;
    }

    private static void Append(string repository, int point, long diskBytes)
    {
        var random = new SplitMix64(SplitMix64.Mix(Seed, (ulong)point));
        var id = new Guid(1, 2, 3, new byte[8]);
        using var appender = EngineOperations.BeginPoint(repository, FirstDay.AddDays(point));
        var parent = appender.ParentDisk(id) is { } disk
            ? new DiskMap(appender.Store, disk, BlockSizeBytes) : null;
        var map = new MapBuilder(
            parent, diskBytes, BlockSizeBytes, appender.MapNodes.Write, appender.CountUse);
        long count = diskBytes / BlockSizeBytes;
        foreach (long[] blocks in Changed(point, count, random).Chunk(BlocksOfRecordRun))
        {
            var run = appender.DataFiles.Begin(
                (long)blocks.Length * (SmallestSlotPages + SlotPages) * FormatLimits.PageAlignment,
                blocks.Length);
            foreach (long block in blocks)
            {
                int pages = SmallestSlotPages + (int)random.Below(SlotPages);
                var name = appender.DataFiles.Add(run, pages * FormatLimits.PageAlignment);
                var digest = new Digest(random.Next(), random.Next(), random.Next(), random.Next());
                map.Set(block, new MapEntry(digest, name));
            }

            run.File.Handle.SetLength(run.File.End);
            appender.DataFiles.Complete(run);
        }

        var (root, usedBytes) = map.Finish();
        appender.Add(new DiskEntry
        {
            Id = id, Name = "disk.img", SizeBytes = diskBytes, Root = root, UsedBytes = usedBytes,
        });
        appender.Publish([]);
    }

    /// <summary>The blocks of a point in order: all, or 1 % in runs, short ones more likely.</summary>
    private static IEnumerable<long> Changed(int point, long count, SplitMix64 random)
    {
        if (point == 0)
        {
            for (long block = 0; block < count; block++)
            {
                yield return block;
            }

            yield break;
        }

        var changed = new SortedSet<long>();
        while (changed.Count < count / 100)
        {
            long first = random.Below(count);
            long length = (long)Math.Pow(LongestRun, random.Unit());
            for (long block = first; block < Math.Min(first + length, count); block++)
            {
                changed.Add(block);
            }
        }

        foreach (long block in changed)
        {
            yield return block;
        }
    }
}
