using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Health;

/// <summary>
/// Heals point files and marks from their second copies, and the copies from them, and makes caches anew. A
/// mark of which nothing is left holds its point, since nobody knows any more what it said.
/// </summary>
internal sealed class SmallFileRepair(RepairWork work)
{
    private const string LostMark =
        "The mark of this restore point was damaged, and nobody knows whether it was held or set aside.";

    private readonly List<ChainDamage> _missing = [];

    private IStorage Storage => work.Chain.Repository.Storage;

    public void PointsFromCopies()
    {
        foreach (var damage in work.Open(HealthFindingKind.DamagedPoint))
        {
            var name = Path.GetFileName(damage.Path);
            var point = work.Points.FirstOrDefault(p => p.FileName == name);
            if (point is { HasTwin: true })
            {
                work.Leave(damage, "Two files have its sequence; move the wrong one out of the folder.");
            }
            else if (point is { FileDamage: null })
            {
                work.Heal(damage, RepairWork.NothingToDo);
            }
            else if (point is { File: not null })
            {
                PutInPlace(name, ReadCopy(name));
                work.Heal(damage, "its second copy");
            }
            else if (point is null)
            {
                PutBack(damage, name);
            }
        }

        work.Look();
    }

    /// <summary>
    /// Points whose files somebody deleted, once what they name was healed for the sake of others.
    /// </summary>
    public void MissingPointsAgain()
    {
        if (_missing.Count > 0)
        {
            foreach (var damage in _missing.ToList())
            {
                PutBack(damage, Path.GetFileName(damage.Path));
            }

            work.Look();
        }
    }

    public void Marks()
    {
        foreach (var damage in work.Open(HealthFindingKind.DamagedMark))
        {
            var stem = Path.GetFileNameWithoutExtension(damage.Path);
            if (work.Points.FirstOrDefault(p => p.Stem == stem && !p.HasTwin) is not { } point)
            {
                work.Heal(damage, RepairWork.NothingToDo);
            }
            else if (point.File is null)
            {
                work.Leave(damage, "Its restore point does not verify, and keeps what it has until it does.");
            }
            else
            {
                HealMark(damage, point);
            }
        }
    }

    /// <summary>Second copies, once their originals are as whole as they get.</summary>
    public void Copies()
    {
        foreach (var damage in work.Open(HealthFindingKind.DamagedCopy))
        {
            var name = Path.GetFileNameWithoutExtension(damage.Path);
            var stem = Path.GetFileNameWithoutExtension(name);
            var point = work.Points.FirstOrDefault(p => p.Stem == stem && !p.HasTwin);
            var isMark = name.EndsWith(Names.Mark, StringComparison.Ordinal);
            if (point is null || (isMark && !Storage.FileExists(work.PathOf(name))))
            {
                work.Heal(damage, RepairWork.NothingToDo);
            }
            else if (isMark ? point.MarkFileDamage is not null : point.FileDamage is not null)
            {
                work.Leave(damage, "Its original does not verify.");
            }
            else
            {
                SecondCopies.Keep(work.Chain, name, Storage.ReadSmall(
                    work.PathOf(name), isMark ? FormatLimits.MarkFileBytes : FormatLimits.PointFileBytes));
                work.Heal(damage, "its original");
            }
        }
    }

    public void Caches()
    {
        foreach (var damage in work.Open(HealthFindingKind.DamagedSummary))
        {
            var backup = new BackupFolder(
                work.Chain.Repository, Path.GetDirectoryName(work.Chain.Path)!);
            if (BackupSummary.Refresh(backup) is null)
            {
                work.Leave(damage, "No restore point of the backup verifies.");
            }
            else
            {
                work.Heal(damage, "the restore points");
            }
        }

        var descriptions = work.Open(HealthFindingKind.DamagedDescription);
        if (descriptions.Count > 0)
        {
            var repository = work.Chain.Repository;
            var outcome = RepositoryRepair.Run(
                repository.Storage, repository.Path, work.NowUtc, repository.Key, repository.File.Id,
                work.Cancellation);
            foreach (var damage in descriptions)
            {
                var name = Path.GetFileName(damage.Path);
                if (outcome.Left.FirstOrDefault(l => Path.GetFileName(l.Damage.Path) == name) is { } left)
                {
                    work.Leave(damage, left.Why);
                }
                else
                {
                    work.Heal(damage, outcome.Healed.FirstOrDefault(
                        h => Path.GetFileName(h.Damage.Path) == name)?.From ?? RepairWork.NothingToDo);
                }
            }
        }
    }

    private void PutBack(ChainDamage damage, string name)
    {
        if (TryPutBack(name, out var why))
        {
            work.Heal(damage, "its second copy");
        }
        else
        {
            work.Leave(damage, why);
            _missing.Add(damage);
        }
    }

    private byte[] ReadCopy(string name) => Storage.ReadSmall(
        work.PathOf(SecondCopies.NameOf(name)), FormatLimits.PointFileBytes);

    private void PutInPlace(string name, ReadOnlySpan<byte> bytes)
    {
        work.Chain.EnsureLock_NeedsLock();
        Storage.Replace(work.PathOf(name), bytes);
        Storage.FlushDirectory(work.Chain.Path);
    }

    // Somebody deleted the point file, and removals since then did not know of it: the point comes back only
    // while everything it names is there, and its neighbours keep the promise that removal rests on.
    private bool TryPutBack(string name, out string why)
    {
        why = "It is missing, and so is a second copy that verifies.";
        var path = work.PathOf(SecondCopies.NameOf(name));
        if (!Names.TryPoint(name, Names.Point, out var sequence)
            || Storage.FileExists(work.PathOf(Path.GetFileNameWithoutExtension(name) + Names.Removed))
            || work.Points.Any(p => p.Sequence == sequence) || !Storage.FileExists(path))
        {
            return false;
        }

        try
        {
            var copy = PointFile.Read(ReadCopy(name), path, work.Chain.Repository.Key.Span);
            if (copy.Sequence != sequence || copy.IsUnfinished
                || copy.RepositoryId != work.Chain.Repository.File.Id
                || Names.PointFile(copy.Sequence, copy.TimeUtc) != name)
            {
                return false;
            }

            why = "Records that it names do not verify, or were given back since it was deleted. Delete "
                + $"{SecondCopies.NameOf(name)} to forget it.";
            return PointProof.IsWhole(work, copy) && TryPutBack(name);
        }
        catch (BackupCopyException error) when (work.IsDamage(error))
        {
            return false;
        }
    }

    private bool TryPutBack(string name)
    {
        PutInPlace(name, ReadCopy(name));
        if (PointProof.KeepsPromises(work))
        {
            return true;
        }

        work.Chain.DeleteFile(name);
        Storage.FlushDirectory(work.Chain.Path);
        return false;
    }

    private void HealMark(ChainDamage damage, ChainPoint point)
    {
        var name = point.Stem + Names.Mark;
        if (point.MarkFileDamage is null && Storage.FileExists(work.PathOf(name)))
        {
            work.Heal(damage, RepairWork.NothingToDo);
            return;
        }

        try
        {
            var known = TryReadCopy(name, point.File!.PointId);
            work.Chain.ChangeMark(point, work.NowUtc, mark => known ?? mark with
            {
                IsHeld = true,
                Reason = LostMark,
            });
            work.Heal(damage, known is null ? "a new mark that holds the point" : "its second copy");
        }
        catch (BackupCopyException error) when (error.Code == ErrorCode.PointLocked)
        {
            work.Leave(damage, error.Message);
        }
    }

    private MarkFile? TryReadCopy(string name, Guid pointId)
    {
        var path = work.PathOf(SecondCopies.NameOf(name));
        try
        {
            var mark = MarkFile.Read(
                Storage.ReadSmall(path, FormatLimits.MarkFileBytes), path, work.Chain.Repository.Key.Span);
            return mark.PointId == pointId ? mark : null;
        }
        catch (BackupCopyException error) when (work.IsDamage(error))
        {
            return null;
        }
    }
}
