using BackupCopy.Blocks;
using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains;

/// <summary>
/// Reads a block file from its front without its index: what a crash or a lost index calls for.
/// </summary>
internal static class BlockFileWalk
{
    /// <summary>Null when the file's front was never written or is damaged.</summary>
    public static BlockFileHeader? ReadHeader(IStorage storage, string path)
    {
        try
        {
            using var file = storage.Open(path, OpenFor.Reading);
            var bytes = new byte[BlockFileHeader.Size];
            return file.ReadUpTo(bytes, 0) == bytes.Length ? BlockFileHeader.Read(bytes, path) : null;
        }
        catch (BackupCopyException error) when (error.Code == ErrorCode.DamagedFile)
        {
            return null;
        }
    }

    /// <summary>The index of a block file; null when it is missing, damaged or another file's.</summary>
    public static IndexFile? ReadIndex(IStorage storage, string folder, BlockFileHeader header)
    {
        var path = Path.Combine(folder, Names.IndexFile(header.Number));
        const int limit = IndexFile.HeaderBytes + FormatLimits.RecordsOfBlockFile * RecordPlace.SizeBytes;
        try
        {
            var index = IndexFile.Read(storage.ReadSmall(path, limit), path);
            return index.Number == header.Number && index.FileId == header.FileId ? index : null;
        }
        catch (BackupCopyException error)
            when (error.Code is ErrorCode.DamagedFile or ErrorCode.MissingFile)
        {
            return null;
        }
    }

    /// <summary>
    /// Verifies record after record, cuts the file behind the last good one, and seals it with an index of
    /// those before. Only for a file that nobody writes and no point lists.
    /// </summary>
    public static IndexFile SealAtLastGood(
        IStorage storage, string folder, BlockFileHeader header, RecordStore store)
    {
        using var file = storage.Open(Path.Combine(folder, Names.BlockFile(header.Number)), OpenFor.Changing);
        var places = Places(file, header, store, out var end, StoredDamage.IsUnreadable);
        file.SetLength(end);
        file.Flush();
        var path = Path.Combine(folder, Names.IndexFile(header.Number));
        var bytes = IndexFile.Write(header.Number, generation: 1, header.FileId, end, places);
        storage.Replace(path, bytes);
        return IndexFile.Read(bytes, path);
    }

    /// <summary>The places of the records from the front up to the first that does not verify.</summary>
    /// <param name="isEnd">Which errors of the storage end it as well; null for none.</param>
    public static List<RecordPlace> Places(
        IStorageFile file, BlockFileHeader header, RecordStore store, out long end,
        Func<ErrorCode, bool>? isEnd = null)
    {
        var kind = header.Kind == BlockFileKind.Data ? RecordKind.Block : RecordKind.MapNode;
        var places = new List<RecordPlace>();
        var buffer = new byte[RecordHeader.SlotLength(BlockSize.Largest, header.Alignment)];
        end = FormatLimits.AlignUp(BlockFileHeader.Size, header.Alignment);
        var length = file.Length;
        while (end + RecordHeader.Layout.Size <= length && places.Count < FormatLimits.RecordsOfBlockFile)
        {
            try
            {
                file.ReadAll(buffer.AsSpan(0, RecordHeader.Layout.Size), end);
                var head = RecordHeader.Read(buffer, file.Path, end);
                var slot = RecordHeader.SlotLength(head.StoredLength, header.Alignment);
                if (end + slot > length)
                {
                    break;
                }

                file.ReadAll(buffer.AsSpan(0, slot), end);
                var place = new RecordPlace(header.Number, slot, end);
                store.Verify(buffer.AsSpan(0, slot), place, kind);
                places.Add(place);
                end += slot;
            }
            catch (BackupCopyException error) when (
                error.Code is ErrorCode.DamagedFile or ErrorCode.DamagedRecord
                || isEnd?.Invoke(error.Code) == true)
            {
                break;
            }
        }

        return places;
    }
}
