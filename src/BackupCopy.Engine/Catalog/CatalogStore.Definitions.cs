using BackupCopy.Jobs;

namespace BackupCopy.Catalog;

public sealed partial class CatalogStore
{
    /// <summary>All repositories, by name.</summary>
    public IReadOnlyList<RepositoryDefinition> Repositories() => Read([], RepositoriesIn);

    /// <summary>The repository of this name, case ignored; null when there is none.</summary>
    public RepositoryDefinition? FindRepository(string name) =>
        Repositories().FirstOrDefault(repository => IsSameName(repository.Name, name));

    /// <summary>The repository of this id; null when there is none.</summary>
    public RepositoryDefinition? FindRepository(Guid id) => Read(
        null, database => FindRepository(database, id));

    /// <summary>Adds a repository.</summary>
    /// <remarks>
    /// Errors: <see cref="ErrorCode.RepositoryNameTaken"/>; <see cref="ErrorCode.RepositoryExists"/> when its
    /// id is already in the catalog, under whatever name.
    /// </remarks>
    public void AddRepository(RepositoryDefinition repository) => Change(database =>
    {
        if (FindRepository(database, repository.Id) is { } known)
        {
            throw new BackupCopyException(
                ErrorCode.RepositoryExists,
                $"The catalog {Path} already has this repository: {known.Name} at {known.Path}.",
                "Use that name, or change it with Set-BackupCopyRepository.");
        }

        CheckName(database, repository);
        database.Insert(CatalogDatabase.Repositories, RepositoryDocument.From(repository));
        return true;
    });

    /// <summary>Changes what the catalog says of a repository, under the lock.</summary>
    /// <param name="id">The repository.</param>
    /// <param name="change">Turns the stored definition into the new one; must not use the catalog.</param>
    /// <returns>The new definition.</returns>
    /// <remarks>
    /// Errors: <see cref="ErrorCode.RepositoryNotFound"/>, <see cref="ErrorCode.RepositoryNameTaken"/>.
    /// </remarks>
    public RepositoryDefinition UpdateRepository(
        Guid id, Func<RepositoryDefinition, RepositoryDefinition> change) =>
        Change(database =>
        {
            var changed = change(FindRepository(database, id) ?? throw RepositoryNotFound(id));
            CheckSameId(id, changed.Id);
            CheckName(database, changed);
            database.Update(CatalogDatabase.Repositories, RepositoryDocument.From(changed));
            return changed;
        });

    /// <summary>Forgets a repository; its files stay as they are.</summary>
    /// <returns>What the catalog held.</returns>
    /// <remarks>
    /// Errors: <see cref="ErrorCode.RepositoryNotFound"/>; <see cref="ErrorCode.RepositoryInUse"/> while a
    /// job names it.
    /// </remarks>
    public RepositoryDefinition RemoveRepository(Guid id) => Change(database =>
    {
        var repository = FindRepository(database, id) ?? throw RepositoryNotFound(id);
        var users = JobsIn(database)
            .Where(job => job.TargetRepositoryId == id || job.SourceRepositoryIds.Contains(id))
            .Select(job => job.Name)
            .ToList();
        if (users.Count > 0)
        {
            throw new BackupCopyException(
                ErrorCode.RepositoryInUse,
                $"The repository {repository.Name} is used by {(users.Count == 1 ? "job" : "jobs")} "
                + $"{string.Join(", ", users)}.",
                "Change these jobs with Set-BackupCopyJob or remove them with Remove-BackupCopyJob first.");
        }

        database.Delete(CatalogDatabase.Repositories, id);
        return repository;
    });

    /// <summary>All jobs, by name.</summary>
    public IReadOnlyList<JobDefinition> Jobs() => Read([], JobsIn);

    /// <summary>The job of this name, case ignored; null when there is none.</summary>
    public JobDefinition? FindJob(string name) => Jobs().FirstOrDefault(job => IsSameName(job.Name, name));

    /// <summary>The job of this id; null when there is none.</summary>
    public JobDefinition? FindJob(Guid id) => Read(null, database => FindJob(database, id));

    /// <summary>Adds a job.</summary>
    /// <remarks>
    /// Errors: <see cref="ErrorCode.JobExists"/> for its name or id;
    /// <see cref="ErrorCode.RepositoryNotFound"/> when the catalog does not have a repository that it names.
    /// </remarks>
    public void AddJob(JobDefinition job) => Change(database =>
    {
        if (FindJob(database, job.Id) is { } known)
        {
            throw JobExists(known);
        }

        CheckName(database, job);
        CheckRepositories(database, job, unchanged: null);
        database.Insert(CatalogDatabase.Jobs, JobDocument.From(job));
        return true;
    });

    /// <summary>Changes a job under the lock, so that of two changes at once none is lost.</summary>
    /// <param name="id">The job.</param>
    /// <param name="change">Turns the stored definition into the new one; must not use the catalog.</param>
    /// <returns>The new definition.</returns>
    /// <remarks>
    /// Errors: <see cref="ErrorCode.JobNotFound"/>, <see cref="ErrorCode.JobExists"/>,
    /// <see cref="ErrorCode.RepositoryNotFound"/>.
    /// </remarks>
    public JobDefinition UpdateJob(Guid id, Func<JobDefinition, JobDefinition> change) => Change(database =>
    {
        var job = FindJob(database, id) ?? throw JobNotFound(id);
        var changed = change(job);
        CheckSameId(id, changed.Id);
        CheckName(database, changed);
        CheckRepositories(database, changed, unchanged: job);
        database.Update(CatalogDatabase.Jobs, JobDocument.From(changed));
        return changed;
    });

    /// <summary>Removes a job; its sessions stay as history and its backups stay as they are.</summary>
    /// <returns>What the catalog held.</returns>
    /// <remarks>Error: <see cref="ErrorCode.JobNotFound"/>.</remarks>
    public JobDefinition RemoveJob(Guid id) => Change(database =>
    {
        var job = FindJob(database, id) ?? throw JobNotFound(id);
        database.Delete(CatalogDatabase.Jobs, id);
        database.Delete(CatalogDatabase.Absences, id);
        database.Delete(CatalogDatabase.Runs, id);
        database.Delete(CatalogDatabase.StopRequests, id);
        return job;
    });

    private static bool IsSameName(string one, string other) =>
        string.Equals(one, other, StringComparison.OrdinalIgnoreCase);

    private static void CheckSameId(Guid id, Guid changed)
    {
        if (changed != id)
        {
            throw new ArgumentException("A change must not change the id.", nameof(changed));
        }
    }

    private List<RepositoryDefinition> RepositoriesIn(CatalogDatabase database) =>
    [
        .. database.All(CatalogDatabase.Repositories)
            .Select(document => RepositoryDocument.Read(document, Path))
            .OrderBy(repository => repository.Name, StringComparer.OrdinalIgnoreCase),
    ];

    private List<JobDefinition> JobsIn(CatalogDatabase database) =>
    [
        .. database.All(CatalogDatabase.Jobs)
            .Select(document => JobDocument.Read(document, Path))
            .OrderBy(job => job.Name, StringComparer.OrdinalIgnoreCase),
    ];

    private RepositoryDefinition? FindRepository(CatalogDatabase database, Guid id) =>
        database.Find(CatalogDatabase.Repositories, id) is { } document
            ? RepositoryDocument.Read(document, Path)
            : null;

    private JobDefinition? FindJob(CatalogDatabase database, Guid id) =>
        database.Find(CatalogDatabase.Jobs, id) is { } document ? JobDocument.Read(document, Path) : null;

    private void CheckName(CatalogDatabase database, RepositoryDefinition repository)
    {
        var other = RepositoriesIn(database)
            .FirstOrDefault(known => known.Id != repository.Id && IsSameName(known.Name, repository.Name));
        if (other is not null)
        {
            throw new BackupCopyException(
                ErrorCode.RepositoryNameTaken,
                $"The catalog {Path} already has a repository {other.Name}, at {other.Path}.",
                "Choose another name, or rename that one with Set-BackupCopyRepository -NewName.");
        }
    }

    private void CheckName(CatalogDatabase database, JobDefinition job)
    {
        var other = JobsIn(database)
            .FirstOrDefault(known => known.Id != job.Id && IsSameName(known.Name, job.Name));
        if (other is not null)
        {
            throw JobExists(other);
        }
    }

    // A repository may be missing from a job that is already stored; that must not keep the rest from being
    // changed.
    private void CheckRepositories(CatalogDatabase database, JobDefinition job, JobDefinition? unchanged)
    {
        var missing = job.SourceRepositoryIds
            .Append(job.TargetRepositoryId)
            .Where(id => unchanged is null
                || (unchanged.TargetRepositoryId != id && !unchanged.SourceRepositoryIds.Contains(id)))
            .Where(id => FindRepository(database, id) is null)
            .Take(1);
        foreach (var id in missing)
        {
            throw RepositoryNotFound(id);
        }
    }

    internal BackupCopyException JobExists(JobDefinition known) => new(
        ErrorCode.JobExists,
        $"The catalog {Path} already has a job {known.Name}.",
        "Choose another name, change that job with Set-BackupCopyJob, or remove it with "
        + "Remove-BackupCopyJob.");

    private BackupCopyException JobNotFound(Guid id) => new(
        ErrorCode.JobNotFound,
        $"The catalog {Path} has no job with the id {id}; it may just have been removed.",
        "List the jobs with Get-BackupCopyJob.");

    private BackupCopyException RepositoryNotFound(Guid id) => new(
        ErrorCode.RepositoryNotFound,
        $"The catalog {Path} has no repository with the id {id}; it may just have been removed.",
        "List the repositories with Get-BackupCopyRepository, or attach it with "
        + "Register-BackupCopyRepository.");
}
