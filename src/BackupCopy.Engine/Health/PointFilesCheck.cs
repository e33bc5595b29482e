using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Health;

/// <summary>
/// Verifies the point files and marks of a chain and their second copies, each by itself: a copy that serves
/// where its original is damaged does not hide the damage.
/// </summary>
internal sealed class PointFilesCheck
{
    private readonly Chain _chain;
    private readonly List<ChainDamage> _damage = [];
    private readonly HashSet<string> _names;

    private PointFilesCheck(Chain chain)
    {
        _chain = chain;
        _names = [.. chain.Repository.Storage.List(chain.Path).Select(e => e.Name)];
    }

    private delegate void Parse(byte[] bytes, string path);

    public static IReadOnlyList<ChainDamage> Run(Chain chain, IReadOnlyList<ChainPoint> points)
    {
        var check = new PointFilesCheck(chain);
        foreach (var point in points)
        {
            check.CheckPoint(point);
            check.CheckMark(point);
        }

        check.FindDeleted(points);
        return check._damage;
    }

    private void CheckPoint(ChainPoint point)
    {
        if (point is { HasTwin: true, File: null })
        {
            Add(HealthFindingKind.DamagedPoint, point.FileName, point.Sequence, point.Damage!.Message);
            return;
        }

        var pair = Read(point.FileName, FormatLimits.PointFileBytes, (bytes, path) =>
        {
            var file = PointFile.Read(bytes, path, _chain.Repository.Key.Span);
            if (file.Sequence != point.Sequence || file.IsUnfinished)
            {
                throw FormatError.Damaged(path, 0, $"point {point.Sequence}", $"point {file.Sequence}");
            }
        });
        Tell(pair, HealthFindingKind.DamagedPoint, point.FileName, point.Sequence);

        // A point has its copy a moment after its name.
        if (pair.IsCopyBad && !_chain.IsBeingWritten(out _))
        {
            AddCopy(point.FileName, point.Sequence);
        }
    }

    private void CheckMark(ChainPoint point)
    {
        var name = point.Stem + Names.Mark;
        if (!_names.Contains(name))
        {
            if (_names.Contains(name + Names.Copy) && point.File is not null && !MarkIsThere(name))
            {
                Add(
                    HealthFindingKind.DamagedMark, name, point.Sequence,
                    $"{PathOf(name)} is missing, and its second copy is there.");
            }

            return;
        }

        var pair = ReadMark(name, point);
        if (pair.Damage is not null || pair.IsCopyBad)
        {
            // Whoever changes the mark writes the copy first: looked at again while nobody does.
            using var alone = HoldMark(point, out var isBusy);
            if (isBusy)
            {
                return;
            }

            pair = ReadMark(name, point);
        }

        Tell(pair, HealthFindingKind.DamagedMark, name, point.Sequence);
        if (pair.IsCopyBad)
        {
            AddCopy(name, point.Sequence);
        }
    }

    private bool MarkIsThere(string name) => _chain.Repository.Storage.FileExists(PathOf(name));

    private HeldLock? HoldMark(ChainPoint point, out bool isBusy)
    {
        isBusy = false;
        if (_chain.Repository.IsReadOnly)
        {
            return null;
        }

        try
        {
            var held = _chain.Locks.TryExclusive(Chain.MarkLock(point.Stem), "checking the mark", out _);
            isBusy = held is null;
            return held;
        }
        catch (BackupCopyException error) when (error.Code == ErrorCode.TargetFull)
        {
            return null;
        }
    }

    private Pair ReadMark(string name, ChainPoint point) => Read(
        name, FormatLimits.MarkFileBytes, (bytes, path) =>
        {
            var mark = MarkFile.Read(bytes, path, _chain.Repository.Key.Span);
            if (point.File is { } file)
            {
                mark.EnsureIsOf(file.PointId, path);
            }
        });

    private void FindDeleted(IReadOnlyList<ChainPoint> points)
    {
        foreach (var (name, sequence) in SecondCopies.DeletedPoints(_chain, points))
        {
            Add(
                HealthFindingKind.DamagedPoint, name, sequence,
                $"{PathOf(name)}: the point file is missing, and its second copy is there.");
        }
    }

    private void Tell(Pair pair, HealthFindingKind kind, string name, long sequence)
    {
        if (pair.Damage is { } damage)
        {
            Add(kind, name, sequence, damage.Message);
        }
    }

    private void AddCopy(string name, long sequence) => Add(
        HealthFindingKind.DamagedCopy, name + Names.Copy, sequence,
        $"{PathOf(name + Names.Copy)}, the second copy, is missing or differs from {name}.");

    private void Add(HealthFindingKind kind, string name, long sequence, string message) =>
        _damage.Add(new ChainDamage
        {
            Kind = kind,
            Path = PathOf(name),
            AffectedPoints = [sequence],
            Message = message,
        });

    private Pair Read(string name, int limit, Parse parse)
    {
        var original = TryRead(name, limit, parse, out var damage);
        var copy = TryRead(name + Names.Copy, limit, parse, out var copyDamage);
        return new Pair(
            damage,
            copyDamage is not null || (damage is null && !original.AsSpan().SequenceEqual(copy)));
    }

    private byte[]? TryRead(string name, int limit, Parse parse, out BackupCopyException? damage)
    {
        damage = null;
        try
        {
            var bytes = _chain.Repository.Storage.ReadSmall(PathOf(name), limit);

            // Parsing opens a sealed one in place.
            parse([.. bytes], PathOf(name));
            return bytes;
        }
        catch (BackupCopyException error) when (ReadFault.IsDamage(_chain.Repository, error))
        {
            damage = error;
            return null;
        }
    }

    private string PathOf(string name) => Path.Combine(_chain.Path, name);

    private readonly record struct Pair(BackupCopyException? Damage, bool IsCopyBad);
}
