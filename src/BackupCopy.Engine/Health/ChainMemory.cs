using System.Globalization;
using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Health;

/// <summary>What is remembered of a chain's health, in its folder.</summary>
internal static class ChainMemory
{
    /// <summary>Empty where nothing is remembered, or what is does not read.</summary>
    public static HealthFile Read(Chain chain)
    {
        try
        {
            var bytes = chain.Repository.Storage.ReadSmall(PathOf(chain), HealthFile.LargestBytes);
            return HealthFile.TryRead(bytes) ?? new HealthFile();
        }
        catch (BackupCopyException error) when (ReadFault.IsDamage(chain.Repository, error))
        {
            return new HealthFile();
        }
    }

    /// <summary>Keeps it; a read-only repository remembers nothing, and a full one what it did.</summary>
    public static void Write(Chain chain, HealthFile memory)
    {
        if (chain.Repository.IsReadOnly || !chain.Repository.Storage.DirectoryExists(chain.Path))
        {
            return;
        }

        try
        {
            chain.Repository.Storage.ReplaceUnflushed(PathOf(chain), memory.ToBytes());
        }
        catch (BackupCopyException error) when (error.Code == ErrorCode.TargetFull)
        {
            // What was found is told all the same.
        }
    }

    /// <summary>The damage that is known and not healed, as a repair takes it.</summary>
    public static IReadOnlyList<ChainDamage> Damage(Chain chain)
    {
        var known = Read(chain).Damage;
        if (known.Count == 0)
        {
            return [];
        }

        var disks = new Dictionary<Guid, string>();
        foreach (var disk in chain.Points().SelectMany(p => p.File?.Disks ?? []))
        {
            disks.TryAdd(disk.Id, disk.Name);
        }

        return [.. known.Select(k => FromKnown(chain, k, disks.GetValueOrDefault(k.DiskId, "")))
            .OfType<ChainDamage>()];
    }

    /// <summary>Forgets damage that was healed.</summary>
    public static void Forget(Chain chain, IEnumerable<ChainDamage> healed)
    {
        var memory = Read(chain);
        var gone = healed.Select(d => KnownFrom.KeyOf(ToKnown(d))).ToHashSet();
        var left = memory.Damage.Where(k => !gone.Contains(KnownFrom.KeyOf(k))).ToList();
        if (left.Count < memory.Damage.Count)
        {
            Write(chain, Counted(memory with { Damage = left }));
        }
    }

    /// <summary>Remembers damage beside what is known.</summary>
    public static void Remember(Chain chain, IReadOnlyList<ChainDamage> found)
    {
        if (found.Count == 0)
        {
            return;
        }

        var memory = Read(chain);
        var known = memory.Damage.Concat(found.Select(ToKnown)).DistinctBy(KnownFrom.KeyOf).ToList();
        Write(chain, Counted(memory with
        {
            Damage = [.. known.Take(HealthFile.MostDamage)],
            HasMoreDamage = memory.HasMoreDamage || known.Count > HealthFile.MostDamage,
        }));
    }

    public static KnownDamage ToKnown(ChainDamage damage) => new(
        damage.Kind.ToString(),
        damage.Kind == HealthFindingKind.BrokenPromise ? "" : Path.GetFileName(damage.Path),
        damage.Offset, damage.Record?.ToString() ?? "",
        damage.Digest.IsEmpty ? "" : damage.Digest.ToString(), damage.DiskId, damage.Block, damage.Level,
        damage.AffectedPoints);

    /// <summary>The same with the number of damaged blocks that each verified point has.</summary>
    public static HealthFile Counted(HealthFile memory)
    {
        var counts = new Dictionary<long, int>();
        foreach (var point in memory.Damage.Where(k => !ChainDamage.WasHarmless(k)).SelectMany(k => k.Points))
        {
            counts[point] = counts.GetValueOrDefault(point) + 1;
        }

        return memory with
        {
            Points =
            [
                .. memory.Points.Select(p => p with { Damaged = counts.GetValueOrDefault(p.Sequence) }),
            ],
        };
    }

    public static RecordName? NameOf(string record)
    {
        var slash = record.IndexOf('/', StringComparison.Ordinal);
        return slash > 0
            && uint.TryParse(
                record.AsSpan(0, slash), NumberStyles.None, CultureInfo.InvariantCulture, out var file)
            && uint.TryParse(
                record.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new RecordName(file, number) : null;
    }

    // What another version remembered, or somebody wrote by hand, is left out.
    private static ChainDamage? FromKnown(Chain chain, KnownDamage known, string disk)
    {
        if (!Enum.TryParse<HealthFindingKind>(known.Kind, out var kind)
            || !TryDigest(known.Digest, out var digest))
        {
            return null;
        }

        var path = Path.Combine(chain.Path, Path.GetFileName(known.File));
        return new ChainDamage
        {
            Kind = kind,
            Path = path,
            Offset = known.Offset,
            Record = NameOf(known.Record),
            Digest = digest,
            DiskId = known.DiskId,
            Disk = disk,
            Level = known.Level,
            Block = known.Block,
            AffectedPoints = known.Points,
            Message = $"{path} was found damaged by the last health check.",
        };
    }

    private static bool TryDigest(string hex, out Digest digest)
    {
        Span<byte> bytes = stackalloc byte[Digest.SizeBytes];
        digest = default;
        if (hex.Length == 0)
        {
            return true;
        }

        var isHex = Convert.FromHexString(hex, bytes, out _, out var written)
            == System.Buffers.OperationStatus.Done && written == bytes.Length;
        digest = isHex ? Digest.Read(bytes) : default;
        return isHex;
    }

    private static string PathOf(Chain chain) => Path.Combine(chain.Path, Names.HealthFile);
}
