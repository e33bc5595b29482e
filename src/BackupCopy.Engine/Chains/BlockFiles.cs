using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains;

/// <summary>
/// The block files of a chain as a point lists them: read only after their id was compared, so that nothing
/// is ever done to a file that has come into the place of another one.
/// </summary>
internal static class BlockFiles
{
    private const int LargestIndexBytes =
        IndexFile.HeaderBytes + FormatLimits.RecordsOfBlockFile * RecordPlace.SizeBytes;

    /// <summary>The index of a listed block file; damage when it is missing or another file's.</summary>
    public static IndexFile ReadIndex(Chain chain, BlockFileReference file)
    {
        var index = ReadIndex(chain, file.Number);
        return index.FileId == file.FileId
            ? index
            : throw FormatError.Damaged(
                IndexPath(chain, file.Number), 0, $"the index of file {file.FileId}",
                $"that of {index.FileId}");
    }

    /// <summary>
    /// The index of this number, whichever file it was made for; null when it cannot be read.
    /// </summary>
    public static IndexFile? TryReadIndex(Chain chain, uint number)
    {
        try
        {
            return ReadIndex(chain, number);
        }
        catch (BackupCopyException error)
            when (error.Code is ErrorCode.DamagedFile or ErrorCode.MissingFile)
        {
            return null;
        }
    }

    /// <summary>The front of a listed block file; damage when it is missing or another file's.</summary>
    public static BlockFileHeader ReadHeader(Chain chain, BlockFileReference file)
    {
        var path = Path.Combine(chain.Path, Names.BlockFile(file.Number));
        using var open = chain.Repository.Storage.Open(path, OpenFor.Reading);
        var bytes = new byte[BlockFileHeader.Size];
        open.ReadAll(bytes, 0);
        var header = BlockFileHeader.Read(bytes, path);
        return header.FileId == file.FileId && header.Number == file.Number
            ? header
            : throw FormatError.Damaged(path, 0, $"block file {file.FileId}", $"{header.FileId}");
    }

    /// <summary>The front of a listed block file; null when nothing may be done to what lies there.</summary>
    public static BlockFileHeader? TryReadHeader(Chain chain, BlockFileReference file)
    {
        try
        {
            return ReadHeader(chain, file);
        }
        catch (BackupCopyException error)
            when (error.Code is ErrorCode.DamagedFile or ErrorCode.MissingFile)
        {
            return null;
        }
    }

    public static bool Exists(Chain chain, uint number) =>
        chain.Repository.Storage.FileExists(Path.Combine(chain.Path, Names.BlockFile(number)));

    public static long LengthOf(Chain chain, uint number)
    {
        using var file = chain.Repository.Storage.Open(
            Path.Combine(chain.Path, Names.BlockFile(number)), OpenFor.Reading);
        return file.Length;
    }

    /// <summary>
    /// The bytes that all block files of a chain take on their storage: without the holes where records were
    /// released.
    /// </summary>
    public static long AllocatedBytes(Chain chain) =>
        AllocatedBytes(chain, chain.Repository.Storage.List(chain.Path));

    /// <param name="files">All files of the chain's folder.</param>
    public static long AllocatedBytes(Chain chain, IReadOnlyList<StorageEntry> files) => files
        .Where(e => e.Name.EndsWith(Names.Blocks, StringComparison.Ordinal))
        .Sum(e => AllocatedBytes(chain, e.Name));

    // A file may go while others are counted.
    private static long AllocatedBytes(Chain chain, string name)
    {
        try
        {
            return chain.Repository.Storage.AllocatedBytes(Path.Combine(chain.Path, name));
        }
        catch (BackupCopyException error) when (error.Code == ErrorCode.MissingFile)
        {
            return 0;
        }
    }

    /// <summary>The index of a listed block file; null when it is missing, damaged or another's.</summary>
    public static IndexFile? TryReadIndex(Chain chain, BlockFileReference file)
    {
        try
        {
            return ReadIndex(chain, file);
        }
        catch (BackupCopyException error)
            when (error.Code is ErrorCode.DamagedFile or ErrorCode.MissingFile)
        {
            return null;
        }
    }

    /// <summary>
    /// The numbers of files of moved records: their own index is empty, since the records keep their names.
    /// </summary>
    public static HashSet<uint> OfMovedRecords(Chain chain) =>
    [
        .. chain.Repository.Storage.List(chain.Path)
            .Select(e => Names.TryNumber(e.Name, Names.Index, out var number) ? number : 0)
            .Where(number => number > 0 && TryReadIndex(chain, number) is { Count: 0 }),
    ];

    /// <summary>All indexes of a chain, whoever lists them; damage when one cannot be read.</summary>
    public static IEnumerable<IndexFile> AllIndexes(Chain chain)
    {
        foreach (var entry in chain.Repository.Storage.List(chain.Path))
        {
            if (Names.TryNumber(entry.Name, Names.Index, out var number))
            {
                yield return ReadIndex(chain, number);
            }
        }
    }

    private static IndexFile ReadIndex(Chain chain, uint number)
    {
        var path = IndexPath(chain, number);
        var index = IndexFile.Read(chain.Repository.Storage.ReadSmall(path, LargestIndexBytes), path);
        return index.Number == number
            ? index
            : throw FormatError.Damaged(path, 0, $"index {number}", $"index {index.Number}");
    }

    private static string IndexPath(Chain chain, uint number) =>
        Path.Combine(chain.Path, Names.IndexFile(number));
}
