using System.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace BackupCopy.Benchmarks.Data;

/// <summary>
/// The images that every row works on: day 0, the days after it with ~3 % changed each, and a sparse giant.
/// Made once and kept: a file under its final name is complete. The plan depends on the size alone; the
/// compressible bytes depend on the files of the machine it was made on. No 512 KiB block occurs twice.
/// </summary>
internal sealed class DataSet
{
    public const int LastDay = 6;
    private const int Version = 1;
    private const ulong Seed = 0x42434F5059;
    private const int SparseNumber = 1000;
    private const int StampEveryBytes = 64 << 10;
    private const int StampBytes = 16;
    private const int BufferBytes = 1 << 20;

    private readonly string _folder;
    private readonly IReadOnlyList<Extent> _layout;
    private readonly Lazy<IReadOnlyList<string>> _files = new(RealFiles.List);

    public DataSet(string workFolder, long sizeBytes)
    {
        SizeBytes = sizeBytes;
        _folder = Path.Combine(workFolder, $"dataset-v{Version}-{sizeBytes >> 20}MiB");
        _layout = ImageLayout.Plan(sizeBytes, Seed);
    }

    public long SizeBytes { get; }

    public long SparseSizeBytes => SizeBytes * 256;

    public string SparseImage => Path.Combine(_folder, "sparse.img");

    public string Image(int day) => Path.Combine(_folder, $"day{day}.img");

    /// <summary>Where the day's image holds data: all that was written up to it, in order, merged.</summary>
    public IReadOnlyList<Extent> DataOf(int day)
    {
        var merged = new List<Extent>();
        foreach (var extent in Enumerable.Range(1, day).SelectMany(ChangesOf)
            .Concat(_layout.Where(e => e.Kind != ContentKind.Hole)).OrderBy(e => e.Offset))
        {
            if (merged.Count > 0 && extent.Offset <= merged[^1].End)
            {
                long end = Math.Max(extent.End, merged[^1].End);
                merged[^1] = merged[^1] with { SizeBytes = end - merged[^1].Offset };
            }
            else
            {
                merged.Add(extent);
            }
        }

        return merged;
    }

    public IReadOnlyList<Extent> DataOfSparse() =>
        ImageLayout.PlanStrewn(SparseSizeBytes, SizeBytes / 4, SplitMix64.Mix(Seed, SparseNumber));

    public IReadOnlyList<Extent> ChangesOf(int day) =>
        DayChanges.Plan(_layout, SplitMix64.Mix(Seed, (ulong)day));

    /// <summary>Makes what is missing of the days up to the last and, if asked, the giant.</summary>
    public void Ensure(int lastDay, bool withSparse, Action<string> report)
    {
        Directory.CreateDirectory(_folder);
        for (int day = 0; day <= lastDay; day++)
        {
            var changes = day == 0 ? _layout : ChangesOf(day);
            int made = day;
            Make(Image(day), SizeBytes, report, file =>
            {
                if (made > 0)
                {
                    CopyData(made - 1, file);
                }

                Write(file, changes, made);
            });
        }

        if (withSparse)
        {
            Make(SparseImage, SparseSizeBytes, report, file => Write(file, DataOfSparse(), SparseNumber));
        }
    }

    /// <summary>Brings the extents into the page cache.</summary>
    public static void Warm(string path, IEnumerable<Extent> data)
    {
        using var file = File.OpenHandle(path);
        var buffer = new byte[BufferBytes];
        foreach (var extent in data)
        {
            for (long at = extent.Offset; at < extent.End; at += BufferBytes)
            {
                RandomAccess.Read(file, buffer.AsSpan(0, (int)Math.Min(BufferBytes, extent.End - at)), at);
            }
        }
    }

    /// <summary>Whether two images have the same length and the same bytes in these extents.</summary>
    public static bool SameData(string path, string other, IEnumerable<Extent> data)
    {
        using var a = File.OpenHandle(path);
        using var b = File.OpenHandle(other);
        var ofA = new byte[BufferBytes];
        var ofB = new byte[BufferBytes];
        return RandomAccess.GetLength(a) == RandomAccess.GetLength(b) && data.All(extent =>
        {
            for (long at = extent.Offset; at < extent.End; at += BufferBytes)
            {
                int size = (int)Math.Min(BufferBytes, extent.End - at);
                RandomAccess.Read(a, ofA.AsSpan(0, size), at);
                RandomAccess.Read(b, ofB.AsSpan(0, size), at);
                if (!ofA.AsSpan(0, size).SequenceEqual(ofB.AsSpan(0, size)))
                {
                    return false;
                }
            }

            return true;
        });
    }

    private static void Make(string path, long sizeBytes, Action<string> report, Action<SafeFileHandle> write)
    {
        if (File.Exists(path))
        {
            return;
        }

        report($"Making {path}");
        string unfinished = path + ".unfinished";
        File.Create(unfinished).Dispose();
        if (OperatingSystem.IsWindows())
        {
            Process.Start("fsutil", ["sparse", "setflag", unfinished]).WaitForExit();
        }

        using (var file = File.OpenHandle(unfinished, FileMode.Open, FileAccess.ReadWrite))
        {
            RandomAccess.SetLength(file, sizeBytes);
            write(file);
            RandomAccess.FlushToDisk(file);
        }

        File.Move(unfinished, path, overwrite: true);
    }

    private void CopyData(int day, SafeFileHandle target)
    {
        using var source = File.OpenHandle(Image(day));
        var buffer = new byte[BufferBytes];
        foreach (var extent in DataOf(day))
        {
            for (long at = extent.Offset; at < extent.End; at += BufferBytes)
            {
                var piece = buffer.AsSpan(0, (int)Math.Min(BufferBytes, extent.End - at));
                RandomAccess.Read(source, piece, at);
                RandomAccess.Write(target, piece, at);
            }
        }
    }

    private void Write(SafeFileHandle target, IEnumerable<Extent> extents, int number)
    {
        ulong seed = SplitMix64.Mix(Seed, (ulong)number);
        using var files = new RealFiles(_files.Value, number == 0 ? 0 : seed);
        var buffer = new byte[BufferBytes];
        foreach (var extent in extents.Where(e => e.Kind != ContentKind.Hole))
        {
            var noise = new SplitMix64(SplitMix64.Mix(seed, (ulong)extent.Offset));
            for (long at = extent.Offset; at < extent.End; at += BufferBytes)
            {
                var piece = buffer.AsSpan(0, (int)Math.Min(BufferBytes, extent.End - at));
                if (extent.Kind == ContentKind.Random)
                {
                    noise.Fill(piece);
                }
                else
                {
                    files.Fill(piece);
                    Stamp(piece, seed, at);
                }

                RandomAccess.Write(target, piece, at);
            }
        }
    }

    /// <summary>Makes every 64 KiB of file content unique: equal files do not become equal blocks.</summary>
    private static void Stamp(Span<byte> piece, ulong seed, long offset)
    {
        for (int at = 0; at + StampBytes <= piece.Length; at += StampEveryBytes)
        {
            new SplitMix64(SplitMix64.Mix(seed, (ulong)(offset + at))).Fill(piece.Slice(at, StampBytes));
        }
    }
}
