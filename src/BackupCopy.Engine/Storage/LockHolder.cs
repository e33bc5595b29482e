using System.Text.Json;
using System.Text.Json.Serialization;

namespace BackupCopy.Storage;

/// <summary>
/// Who holds a lock: written beside it so that others can name the holder, and on a share, where the system's
/// lock may not reach, also the lease whose counter shows that the holder lives.
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

    /// <summary>The lock is free, and the record only keeps its place on a share.</summary>
    public bool IsReleased { get; init; }

    /// <summary>All records are of one size, so that one can be written over another.</summary>
    private const int RecordBytes = 512;

    public const int MostBytes = 1 << 16;

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

    /// <summary>
    /// Puts the record in place as a whole, or where there is no room for a new file over the one that is
    /// there: who reads that half written takes it for a living holder's.
    /// </summary>
    public void Write(IStorage storage, string path)
    {
        var bytes = ToRecord();
        try
        {
            storage.ReplaceUnflushed(path, bytes);
        }
        catch (BackupCopyException error) when (error.Code == ErrorCode.TargetFull)
        {
            if (!TryWriteOver(storage, path, bytes))
            {
                throw;
            }
        }
    }

    /// <summary>
    /// Null when the record is missing, released or half written: then nobody can be named.
    /// </summary>
    public static LockHolder? Read(IStorage storage, string path)
    {
        try
        {
            return storage.FileExists(path) && Parse(storage.ReadSmall(path, MostBytes)) is
                { IsReleased: false } holder ? holder : null;
        }
        catch (BackupCopyException)
        {
            return null;
        }
    }

    /// <summary>Null when the bytes are no record.</summary>
    public static LockHolder? Parse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, LockHolderJson.Default.LockHolder);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool TryWriteOver(IStorage storage, string path, ReadOnlySpan<byte> bytes)
    {
        try
        {
            using var file = storage.Open(path, OpenFor.Changing);
            if (file.Length != bytes.Length)
            {
                return false;
            }

            file.WriteAll(bytes, 0);
            return true;
        }
        catch (BackupCopyException)
        {
            return false;
        }
    }

    private byte[] ToRecord()
    {
        var record = new byte[RecordBytes];
        record.AsSpan().Fill((byte)' ');
        record[^1] = (byte)'\n';
        var holder = this;
        var text = holder.ToBytes();
        while (text.Length >= RecordBytes && holder.Purpose.Length > 0)
        {
            holder = holder with { Purpose = holder.Purpose[..(holder.Purpose.Length / 2)] };
            text = holder.ToBytes();
        }

        if (text.Length >= RecordBytes)
        {
            return text;
        }

        text.CopyTo(record, 0);
        return record;
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
