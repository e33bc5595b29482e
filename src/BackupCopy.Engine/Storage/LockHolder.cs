using System.Text.Json;
using System.Text.Json.Serialization;

namespace BackupCopy.Storage;

/// <summary>
/// Who holds a lock: written beside it so that others can name the holder, and for an exclusive lock on a
/// share, where the system's lock may not reach, also the lease whose counter shows that the holder lives.
/// </summary>
internal sealed record LockHolder
{
    public required string Host { get; init; }

    /// <summary>Distinguishes this boot of the host from earlier ones.</summary>
    public required string Boot { get; init; }
    public required int ProcessId { get; init; }

    /// <summary>What it does, for messages: "copying web01 for job Nightly".</summary>
    public required string Purpose { get; init; }

    /// <summary>Random for each taking of the lock.</summary>
    public required Guid Token { get; init; }

    /// <summary>Grows while the holder lives.</summary>
    public long Counter { get; init; }

    private static string ThisBoot { get; } = ReadBoot();

    public static LockHolder Me(string purpose) => new()
    {
        Host = Environment.MachineName,
        Boot = ThisBoot,
        ProcessId = Environment.ProcessId,
        Purpose = purpose,
        Token = Guid.NewGuid(),
    };

    public bool IsThisHost => Host == Environment.MachineName && Boot == ThisBoot;

    public override string ToString() => $"process {ProcessId} on {Host} ({Purpose})";

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, LockHolderJson.Default.LockHolder);

    /// <summary>Null when the record is missing or half written: then nobody can be named.</summary>
    public static LockHolder? Read(IStorage storage, string path)
    {
        try
        {
            return storage.FileExists(path)
                ? JsonSerializer.Deserialize(
                    storage.ReadSmall(path, 1 << 16), LockHolderJson.Default.LockHolder)
                : null;
        }
        catch (Exception error) when (error is JsonException or BackupCopyException)
        {
            return null;
        }
    }

    private static string ReadBoot()
    {
        try
        {
            return File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        }
        catch (Exception error) when (StorageError.IsStorage(error))
        {
            return "";
        }
    }
}

[JsonSerializable(typeof(LockHolder))]
internal sealed partial class LockHolderJson : JsonSerializerContext;
