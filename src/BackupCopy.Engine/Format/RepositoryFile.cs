using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using BackupCopy.Blocks;

namespace BackupCopy.Format;

/// <summary>What a probe at creation found the storage able to do.</summary>
internal sealed record StorageAbilities
{
    /// <summary>Punching a hole returns space.</summary>
    public bool Punches { get; init; }

    /// <summary>Ranges of one file can be shared with another.</summary>
    public bool Clones { get; init; }
}

/// <summary>One way to unwrap the repository key; an unencrypted repository has none.</summary>
internal sealed record KeySlot
{
    public required string Kind { get; init; }
    public required string Salt { get; init; }
    public required int Iterations { get; init; }
    public required string WrappedKey { get; init; }
}

/// <summary>
/// repository.json: who the repository is and the choices all its files share. Kept twice; the text is
/// checksummed over the exact bytes of its "repository" object.
/// </summary>
internal sealed record RepositoryFile
{
    public required Guid Id { get; init; }
    public int ReadVersion { get; init; } = FormatVersion.Current;
    public int WriteVersion { get; init; } = FormatVersion.Current;
    public required DateTime CreatedUtc { get; init; }
    public string Digest { get; init; } = "sha256";
    public required int BlockSizeBytes { get; init; }
    public required Compression Compression { get; init; }
    public required int AlignmentBytes { get; init; }
    public required long BlockFileBytes { get; init; }
    public required StorageAbilities Storage { get; init; }
    public IReadOnlyList<KeySlot> KeySlots { get; init; } = [];

    /// <summary>What the admin chose; null takes what the storage can do.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ReleaseMode? ReleaseMode { get; init; }

    [JsonIgnore]
    public ReleaseMode EffectiveReleaseMode =>
        ReleaseMode
            ?? (Storage is { Punches: true } ? Format.ReleaseMode.Punch : Format.ReleaseMode.Rewrite);

    public byte[] ToBytes()
    {
        var inner = JsonSerializer.Serialize(this, RepositoryJson.Default.RepositoryFile);
        Span<byte> checksum = stackalloc byte[StoredChecksum.SizeBytes];
        StoredChecksum.Write(Encoding.UTF8.GetBytes(inner), checksum);
        return Encoding.UTF8.GetBytes(
            $"{{\"checksum\":\"xxh128:{Convert.ToHexStringLower(checksum)}\",\"repository\":{inner}}}\n");
    }

    public static RepositoryFile Read(ReadOnlyMemory<byte> bytes, string file)
    {
        RepositoryFile? read;
        try
        {
            using var document = JsonDocument.Parse(bytes);
            var inner = document.RootElement.GetProperty("repository");
            var expected = document.RootElement.GetProperty("checksum").GetString() ?? "";
            Span<byte> checksum = stackalloc byte[StoredChecksum.SizeBytes];
            StoredChecksum.Write(Encoding.UTF8.GetBytes(inner.GetRawText()), checksum);
            if (expected != $"xxh128:{Convert.ToHexStringLower(checksum)}")
            {
                throw FormatError.Damaged(file, 0, expected, Convert.ToHexStringLower(checksum));
            }

            // The version is looked at before anything else of a newer file is interpreted.
            if (inner.GetProperty("readVersion").GetInt32() is > FormatVersion.Current and var needed)
            {
                throw FormatError.NewerFormat(file, needed);
            }

            read = inner.Deserialize(RepositoryJson.Default.RepositoryFile);
        }
        catch (Exception error) when (
            error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw FormatError.Damaged(file, 0, "a repository description", error.Message);
        }

        return read is not null && BlockSize.Allowed.Contains(read.BlockSizeBytes) && read.Digest == "sha256"
            && read.AlignmentBytes is FormatLimits.SmallAlignment or FormatLimits.PageAlignment
            && read.BlockFileBytes is >= 1 << 20 and <= 1L << 40
            && read.ReadVersion >= 1 && read.WriteVersion >= read.ReadVersion
            && !read.KeySlots.Contains(null!)
            ? read
            : throw FormatError.Damaged(
                file, 0, "a block size, digest, alignment and file size of version 1", "others");
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(RepositoryFile))]
internal sealed partial class RepositoryJson : JsonSerializerContext;
