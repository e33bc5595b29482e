using System.Text.Json;
using System.Text.Json.Serialization;
using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains;

/// <summary>
/// backup.json: what a listing wants to know of a backup without reading every point file. A
/// cache and nothing more: it is believed only while it names exactly the points that are
/// there, and made anew otherwise.
/// </summary>
internal sealed record BackupSummary
{
    public required Guid JobId { get; init; }
    public required string JobName { get; init; }
    public required IReadOnlyList<ChainSummary> Machines { get; init; }

    [JsonIgnore]
    public long StoredBytes => Machines.Sum(m => m.StoredBytes);

    [JsonIgnore]
    public int PointCount => Machines.Sum(m => m.Points.Count);

    /// <summary>The summary of a backup as it is now; null for a folder without a readable point.</summary>
    public static BackupSummary? Of(BackupFolder backup)
    {
        var storage = backup.Repository.Storage;
        var chains = backup.Chains().ToDictionary(
            c => Path.GetFileName(c.Path), c => (Chain: c, Files: storage.List(c.Path)));
        var names = chains.ToDictionary(
            c => c.Key,
            c => c.Value.Files.Select(e => e.Name)
                .Where(n => n.EndsWith(Names.Point, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal).ToList());
        var cached = TryRead(storage, Path.Combine(backup.Path, Names.BackupFile));
        return cached is not null && cached.Fits(names) ? cached.Measured(chains) : Make(backup);
    }

    /// <summary>Reads the point files and writes backup.json anew. Callers serialise per backup.</summary>
    public static BackupSummary? Refresh(BackupFolder backup)
    {
        var summary = Make(backup);
        if (summary is not null)
        {
            var path = Path.Combine(backup.Path, Names.BackupFile);
            backup.Repository.Storage.ReplaceUnflushed(
                path, JsonSerializer.SerializeToUtf8Bytes(summary, SummaryJson.Default.BackupSummary));
        }

        return summary;
    }

    private static BackupSummary? Make(BackupFolder backup)
    {
        var machines = new List<ChainSummary>();
        PointFile? newest = null;
        foreach (var chain in backup.Chains())
        {
            var points = chain.Points();
            var last = points.LastOrDefault(p => p.File is not null)?.File;
            newest = newest is null || last?.WrittenUtc > newest.WrittenUtc ? last ?? newest : newest;
            if (points.Count > 0)
            {
                machines.Add(ChainSummary.Of(chain, points, last));
            }
        }

        return newest is null ? null : new BackupSummary
        {
            JobId = newest.JobId,
            JobName = newest.JobName,
            Machines = machines,
        };
    }

    private bool Fits(Dictionary<string, List<string>> names) =>
        names.All(n => n.Value.Count == 0 || Machines.Any(m => m.Folder == n.Key))
        && Machines.All(m => names.TryGetValue(m.Folder, out var points)
            && points.SequenceEqual(m.Points.Select(p => p.FileName).Order(StringComparer.Ordinal)));

    // What files take changes without a change of their names: by holes, by tools that fill them, and on some
    // file systems seconds after the write.
    private BackupSummary Measured(
        Dictionary<string, (Chain Chain, IReadOnlyList<StorageEntry> Files)> chains) => this with
    {
        Machines =
        [
            .. Machines.Select(m => m with
            {
                StoredBytes = BlockFiles.AllocatedBytes(chains[m.Folder].Chain, chains[m.Folder].Files),
            }),
        ],
    };

    /// <summary>False for one that is there and cannot be parsed.</summary>
    public static bool Reads(BackupFolder backup)
    {
        var path = Path.Combine(backup.Path, Names.BackupFile);
        return !backup.Repository.Storage.FileExists(path)
            || TryRead(backup.Repository.Storage, path) is not null;
    }

    private static BackupSummary? TryRead(IStorage storage, string path)
    {
        try
        {
            return storage.FileExists(path)
                ? JsonSerializer.Deserialize(
                    storage.ReadSmall(path, 64 << 20), SummaryJson.Default.BackupSummary)
                : null;
        }
        catch (Exception error) when (error is JsonException or BackupCopyException)
        {
            return null;
        }
    }
}

/// <summary>One machine of a backup.</summary>
internal sealed record ChainSummary
{
    public required string Folder { get; init; }
    public required Guid MachineId { get; init; }
    public required string Machine { get; init; }

    /// <summary>The bytes that its block files take.</summary>
    public required long StoredBytes { get; init; }
    public required IReadOnlyList<PointSummary> Points { get; init; }

    public static ChainSummary Of(Chain chain, IReadOnlyList<ChainPoint> points, PointFile? last) => new()
    {
        Folder = Path.GetFileName(chain.Path),
        MachineId = last?.MachineId ?? default,
        Machine = last?.MachineName ?? "",
        StoredBytes = BlockFiles.AllocatedBytes(chain),
        Points = [.. points.Select(p => new PointSummary
        {
            FileName = p.FileName,
            TimeUtc = p.File?.TimeUtc ?? default,
            SizeBytes = p.File?.SizeBytes ?? 0,
            AddedBytes = p.File?.AddedBytes ?? 0,
        })],
    };
}

/// <summary>One point of a machine.</summary>
internal sealed record PointSummary
{
    public required string FileName { get; init; }
    public required DateTime TimeUtc { get; init; }
    public required long SizeBytes { get; init; }
    public required long AddedBytes { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(BackupSummary))]
internal sealed partial class SummaryJson : JsonSerializerContext;
