using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Health;

/// <summary>
/// Makes a point file anew of which no copy verifies: a holder that has the same point of the machine says
/// what its disks held, and the chain's own map records of that content say where it lies. Only when
/// everything that they name is there. What the point file said of its GFS flags is lost, so the new one is
/// held until somebody decides.
/// </summary>
internal sealed class PointRebuild(RepairWork work)
{
    private const string HeldText =
        "Rebuilt by a repair after its point file was lost; its GFS flags are not known any more.";

    public void Run()
    {
        foreach (var damage in work.Open(HealthFindingKind.DamagedPoint))
        {
            work.Cancellation.ThrowIfCancellationRequested();
            var name = Path.GetFileName(damage.Path);
            if (work.Points.FirstOrDefault(p => p.FileName == name) is not { File: null } point)
            {
                work.Leave(damage, "It is missing, and so is a second copy that verifies.");
            }
            else if (point.Damage!.Code == ErrorCode.UnsupportedFormat)
            {
                work.Leave(damage, point.Damage.Message);
            }
            else if (TryRebuild(point, out var from))
            {
                work.Heal(damage, from);
                work.Look();
            }
            else
            {
                work.Leave(
                    damage, "Its second copy does not verify, and no holder has this point in a form that "
                    + "tells where its records are.");
            }
        }
    }

    private bool TryRebuild(ChainPoint point, out string from)
    {
        using var store = work.NewStore();
        var roots = RootSearch.In(work, store, point.Sequence);
        foreach (var holder in work.Holders.Where(h => h.Chain.Path != work.Chain.Path))
        {
            using var chain = new HolderChain(holder, work.Cancellation);
            foreach (var source in chain.Points.Where(
                s => Names.PointFile(point.Sequence, s.TimeUtc) == point.FileName
                    && (work.Files.Count == 0 || s.MachineId == work.MachineId)))
            {
                if (TryMake(point, source, chain.RepositoryId, roots, store) is { } file
                    && PointProof.IsWhole(work, file) && TryPutInPlace(point, file))
                {
                    from = chain.Title;
                    return true;
                }
            }
        }

        from = "";
        return false;
    }

    private PointFile? TryMake(
        ChainPoint point, PointFile source, Guid sourceRepository, RootSearch roots, RecordStore store)
    {
        var owner = work.Files.LastOrDefault(f => f.Sequence < point.Sequence) ?? (work.Files.Count > 0
            ? work.Files[0] : new BackupFolder(
                work.Chain.Repository, Path.GetDirectoryName(work.Chain.Path)!).Owner());
        if (owner is null || roots.TryFind(source) is not { } disks)
        {
            return null;
        }

        var file = new PointFile
        {
            PointId = Guid.NewGuid(),
            Sequence = point.Sequence,
            TimeUtc = source.TimeUtc,
            WrittenUtc = work.NowUtc,
            RepositoryId = work.Chain.Repository.File.Id,
            JobId = owner.JobId,
            MachineId = source.MachineId,
            BlockSizeBytes = source.BlockSizeBytes,
            SizeBytes = source.SizeBytes,
            AddedBytes = 0,
            MachineName = source.MachineName,
            JobName = owner.JobName,
            Compression = owner.Compression,
            Origin = new PointOrigin(sourceRepository, source.JobId, source.Sequence, source.PointId),
            Disks = disks,
            Attachments = source.Attachments,
        };
        if (ListFiles(file, roots, store) is not { } listed)
        {
            return null;
        }

        return file with
        {
            BlockFiles = listed,
            IsFull = listed.TrueForAll(f => f.BirthSequence == point.Sequence),
            AddedBytes = listed.Where(f => f.BirthSequence == point.Sequence)
                .Sum(f => BlockFiles.Exists(work.Chain, f.Number)
                    ? BlockFiles.LengthOf(work.Chain, f.Number) : 0),
        };
    }

    private List<BlockFileReference>? ListFiles(PointFile file, RootSearch roots, RecordStore store)
    {
        var uses = new SortedDictionary<uint, long>();
        var lost = RepairWalk.Run(
            store, [file], work.IsDamage,
            use => uses[use.Name.File] = uses.GetValueOrDefault(use.Name.File) + 1, work.Cancellation);
        var listed = new List<BlockFileReference>();
        foreach (var (number, count) in uses)
        {
            if (roots.ReferenceOf(number) is not { } reference || reference.BirthSequence > file.Sequence)
            {
                return null;
            }

            listed.Add(reference with { Uses = count });
        }

        return lost.Count == 0 ? listed : null;
    }

    // The mark before the point: what is held there is never seen without it. Any mark holds a point that
    // does not verify.
    private bool TryPutInPlace(ChainPoint point, PointFile file)
    {
        var storage = work.Chain.Repository.Storage;
        var key = work.Chain.Repository.Key.Span;
        var path = work.PathOf(point.FileName);
        work.Chain.EnsureLock_NeedsLock();
        var before = TryReadRaw(path);
        var mark = new MarkFile
        {
            PointId = file.PointId,
            Generation = 1,
            ChangedUtc = work.NowUtc,
            IsHeld = true,
            Reason = HeldText,
        }.ToBytes(key);
        SecondCopies.Keep(work.Chain, point.Stem + Names.Mark, mark);
        storage.Replace(work.PathOf(point.Stem + Names.Mark), mark);
        storage.FlushDirectory(work.Chain.Path);
        var bytes = file.ToBytes(key);
        storage.Replace(path, bytes);
        storage.FlushDirectory(work.Chain.Path);
        if (!PointProof.KeepsPromises(work))
        {
            storage.Replace(path, before);
            storage.FlushDirectory(work.Chain.Path);
            return false;
        }

        SecondCopies.Keep(work.Chain, point.FileName, bytes);
        return true;
    }

    private byte[] TryReadRaw(string path)
    {
        try
        {
            return work.Chain.Repository.Storage.ReadSmall(path, FormatLimits.PointFileBytes);
        }
        catch (BackupCopyException error) when (work.IsDamage(error))
        {
            return [];
        }
    }
}
