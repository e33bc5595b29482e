using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Health;

/// <summary>Verifies the files that belong to a repository and to its backups, not to a chain.</summary>
internal static class RepositoryCheck
{
    private const int LargestDescription = 1 << 20;

    /// <summary>The repository's own description and its second copy, each by itself.</summary>
    public static IReadOnlyList<ChainDamage> Run(RepositoryFolder repository)
    {
        var damage = new List<ChainDamage>();
        var original = Description(repository, Names.RepositoryFile, damage);
        var copy = Description(repository, Names.RepositoryFileCopy, damage);
        if (original is not null && copy is not null && !original.AsSpan().SequenceEqual(copy))
        {
            damage.Add(new ChainDamage
            {
                Kind = HealthFindingKind.DamagedDescription,
                Path = Path.Combine(repository.Path, Names.RepositoryFileCopy),
                Message = $"{Names.RepositoryFileCopy} in {repository.Path} differs from "
                    + $"{Names.RepositoryFile}.",
            });
        }

        return damage;
    }

    /// <summary>A summary that does not read; one that is missing is made by the next session.</summary>
    public static IReadOnlyList<ChainDamage> Run(BackupFolder backup)
    {
        var path = Path.Combine(backup.Path, Names.BackupFile);
        return BackupSummary.Reads(backup)
            ? []
            :
            [
                new ChainDamage
                {
                    Kind = HealthFindingKind.DamagedSummary,
                    Path = path,
                    Message = $"{path} does not read. It is a cache for listings and is made anew.",
                },
            ];
    }

    private static byte[]? Description(RepositoryFolder repository, string name, List<ChainDamage> damage)
    {
        var path = Path.Combine(repository.Path, name);
        try
        {
            var bytes = repository.Storage.ReadSmall(path, LargestDescription);
            var file = RepositoryFile.Read(bytes, path);
            return file.Id == repository.File.Id
                ? bytes
                : throw FormatError.Damaged(path, 0, $"repository {repository.File.Id}", $"{file.Id}");
        }
        catch (BackupCopyException error) when (ReadFault.IsDamage(repository, error))
        {
            damage.Add(new ChainDamage
            {
                Kind = HealthFindingKind.DamagedDescription,
                Path = path,
                Message = error.Message,
            });
            return null;
        }
    }
}
