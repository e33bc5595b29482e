using BackupCopy.Blocks;
using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains;

/// <summary>What a rescan of one chain found.</summary>
internal sealed record ChainFindings(
    int Points, int Incomplete, int RebuiltIndexes, IReadOnlyList<string> Damage);

/// <summary>
/// Looks at every file of a chain with nothing but the files (I-4): point files, the block files they list
/// and their indexes. A missing or damaged index is rebuilt from its block file. Records are not read; that
/// is the health check's work.
/// </summary>
internal static class ChainRescan
{
    public static ChainFindings Run(Chain chain)
    {
        var points = chain.Points();
        var damage = points.SelectMany(p => new[] { p.FileDamage ?? p.Damage, p.MarkFileDamage })
            .OfType<BackupCopyException>().Select(e => e.Message).ToList();
        var rebuilt = 0;
        var files = points.SelectMany(p => p.File?.BlockFiles ?? []).DistinctBy(f => f.Number);
        var machine = points.FirstOrDefault(p => p.File is not null)?.File?.MachineId ?? default;
        using var store = chain.OpenStore(machine);
        foreach (var file in files)
        {
            rebuilt += Check(chain, file, store, damage) ? 1 : 0;
        }

        return new ChainFindings(points.Count, chain.Unfinished() is null ? 0 : 1, rebuilt, damage);
    }

    /// <summary>Adds what is wrong; true when the index was rebuilt.</summary>
    private static bool Check(Chain chain, BlockFileReference file, RecordStore store, List<string> damage)
    {
        var storage = chain.Repository.Storage;
        var path = Path.Combine(chain.Path, Names.BlockFile(file.Number));
        if (!storage.FileExists(path))
        {
            if (HasMoved(chain, file))
            {
                return false;
            }

            damage.Add($"{path} is missing; restore points use {file.Uses} of its records.");
            return false;
        }

        if (BlockFileWalk.ReadHeader(storage, path) is not { } header || header.FileId != file.FileId)
        {
            damage.Add(
                $"{path} is damaged at its front, or it is another file than the restore points name.");
            return false;
        }

        if (BlockFileWalk.ReadIndex(storage, chain.Path, header) is not null)
        {
            return false;
        }

        if (chain.Repository.IsReadOnly)
        {
            damage.Add($"The index of {path} is missing, and the repository is read-only.");
            return false;
        }

        return Rebuild(chain, header, path, store, damage);
    }

    // Where files are rewritten, the records of a number live on in another file.
    private static bool HasMoved(Chain chain, BlockFileReference file)
    {
        var index = BlockFiles.TryReadIndex(chain, file);
        return index is not null && index.Live().Select(r => r.Place.File).Distinct().All(
                number => number != file.Number && chain.Repository.Storage.FileExists(
                    Path.Combine(chain.Path, Names.BlockFile(number))));
    }

    private static bool Rebuild(
        Chain chain, BlockFileHeader header, string path, RecordStore store, List<string> damage)
    {
        var storage = chain.Repository.Storage;
        using var held = chain.TakeAppendLock("rescan");
        using var file = storage.Open(path, OpenFor.Reading);
        var places = BlockFileWalk.Places(file, header, store, out var end);
        if (end != file.Length)
        {
            damage.Add(
                $"The index of {path} is missing and cannot be rebuilt: the record at offset {end} does not "
                + "verify.");
            return false;
        }

        var index = Path.Combine(chain.Path, Names.IndexFile(header.Number));
        storage.Replace(index, IndexFile.Write(header.Number, generation: 1, header.FileId, end, places));
        storage.FlushDirectory(chain.Path);
        return true;
    }
}
