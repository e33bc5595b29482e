using BackupCopy.Blocks;
using BackupCopy.Format;

namespace BackupCopy.Chains.Compacting;

/// <summary>Which records another compression setting would store otherwise.</summary>
internal static class Recompression
{
    // Looking at every record of a segment would read half of it.
    private const int MostSamples = 256;

    /// <summary>Whether a record that this header begins is to be compressed anew.</summary>
    public static bool Concerns(RecordHeader header, Compression? wanted) =>
        wanted is { } setting && header.Kind == RecordKind.Block
        && header.Codec != BlockCodec.CodecOf(setting)
        && !header.Flags.HasFlag(RecordFlags.Incompressible);

    /// <summary>
    /// Whether the setting concerns a segment, by records spread evenly over it: all of a small one. What the
    /// sample misses is left as it is and reads as well as before.
    /// </summary>
    public static bool Concerns(Segment segment, Compression? wanted, RecordStore store)
    {
        if (wanted is null || segment.Kind != BlockFileKind.Data)
        {
            return false;
        }

        var count = segment.Records.Count;
        var samples = Math.Min(count, MostSamples);
        var head = new byte[RecordHeader.Layout.Size];
        for (var i = 0; i < samples; i++)
        {
            var place = segment.Records[(int)((long)i * count / samples)].Place;
            if (TryRead(store, place, head) is { } header && Concerns(header, wanted))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>At most what a segment takes once it is compressed by this setting.</summary>
    // What another codec made grows when LZ4 or none takes its place; zstd makes it smaller.
    public static long MostBytes(Segment segment, Compression? wanted) =>
        wanted is { } setting && segment.Kind == BlockFileKind.Data
            && BlockCodec.CodecOf(setting) != Codec.Zstd
            ? segment.MostBytes : segment.StoredBytes;

    // Damage is the business of whoever moves the record.
    private static RecordHeader? TryRead(RecordStore store, RecordPlace place, byte[] head)
    {
        try
        {
            store.ReadRange(place.File, place.Offset, head);
            return RecordHeader.Read(head, store.PathOf(place.File), place.Offset);
        }
        catch (BackupCopyException error)
            when (error.Code is ErrorCode.DamagedFile or ErrorCode.MissingFile or ErrorCode.StorageError)
        {
            return null;
        }
    }
}
