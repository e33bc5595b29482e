using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Format;
using BackupCopy.Storage;
using Microsoft.Win32.SafeHandles;

namespace BackupCopy.Benchmarks.Rows;

/// <summary>
/// The yardstick of a removal: the punches and unlinks of the engine's own plan, one system call after the
/// other, then a flush of each punched file and of the folder. No index is written, nothing survives a crash.
/// </summary>
internal sealed class BareRelease
{
    private readonly string _folder;
    private readonly IReadOnlyList<(string Path, IReadOnlyList<FileRange> Ranges)> _punched;
    private readonly IReadOnlyList<string> _deleted;

    private BareRelease(string folder, RemovalPlan plan)
    {
        _folder = folder;
        _punched =
        [
            .. plan.Space.Where(s => s.Ranges.Count > 0)
                .Select(s => (Path.Combine(folder, Names.BlockFile(s.Number)), s.Ranges)),
        ];
        _deleted =
        [
            .. plan.Space.Where(s => s.Dies).Select(s => Path.Combine(folder, Names.BlockFile(s.Number))),
            .. plan.Indexes.Where(i => i.Dies)
                .Select(i => Path.Combine(folder, Names.IndexFile(i.File.Number))),
        ];
    }

    public static BareRelease Of(string repository, int kept)
    {
        var chain = EngineOperations.OpenChain(repository);
        return new BareRelease(chain.Path, EngineOperations.PlanToKeep(chain, kept));
    }

    public void Run()
    {
        var files = new List<SafeFileHandle>();
        foreach (var (path, ranges) in _punched)
        {
            var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
            files.Add(file);
            foreach (var range in ranges)
            {
                if (!HolePunch.TryPunch(file, range.Offset, range.Length))
                {
                    throw new IOException($"{path} lies on storage that punches no holes.");
                }
            }
        }

        foreach (string path in _deleted)
        {
            File.Delete(path);
        }

        foreach (var file in files)
        {
            RandomAccess.FlushToDisk(file);
            file.Dispose();
        }

        Posix.FlushDirectory(_folder);
    }
}
