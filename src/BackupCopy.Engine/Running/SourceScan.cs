using BackupCopy.Chains;
using BackupCopy.Inventory;
using BackupCopy.Jobs;
using BackupCopy.Running.Imaging;

namespace BackupCopy.Running;

/// <summary>
/// The machines that a job selects and the newest points of each, found in its source repositories.
/// </summary>
internal sealed class SourceScan
{
    private readonly Engine _engine;
    private readonly JobDefinition _job;

    public SourceScan(Engine engine, JobDefinition job)
    {
        _engine = engine;
        _job = job;
    }

    /// <summary>
    /// The candidates by machine, in the order of the sources. A source that cannot be opened is named to
    /// <paramref name="unavailable"/> and left out; when none can be opened the last error is thrown. A chain
    /// that cannot be read is named to <paramref name="unreadable"/> with the machine's name.
    /// With <paramref name="mayAllBeAway"/> nothing is found then.
    /// </summary>
    public IReadOnlyList<IGrouping<Guid, CandidatePoint>> Run(
        Action<BackupCopyException>? unavailable = null,
        Action<string, BackupCopyException>? unreadable = null, bool mayAllBeAway = false)
    {
        var found = new List<CandidatePoint>();
        BackupCopyException? last = null;
        var opened = 0;
        for (var order = 0; order < _job.SourceRepositoryIds.Count; order++)
        {
            try
            {
                var definition = _engine.Repository(_job.SourceRepositoryIds[order]);
                found.AddRange(In(definition, order, unavailable, unreadable));
                opened++;
            }
            catch (BackupCopyException error)
            {
                last = error;
                unavailable?.Invoke(error);
            }
        }

        return opened == 0 && last is not null && !mayAllBeAway
            ? throw last : [.. found.GroupBy(c => c.MachineId)];
    }

    /// <summary>
    /// All points of the chains of these, which are their newest ones; damaged ones are left out.
    /// </summary>
    public IReadOnlyList<CandidatePoint> Expand(IEnumerable<CandidatePoint> newest) =>
    [
        .. newest.SelectMany(n => n.IsLocked ? [n] : Expand(n)),
    ];

    private IEnumerable<CandidatePoint> Expand(CandidatePoint newest)
    {
        var definition = _engine.Repository(newest.RepositoryId);
        return ImageRepository.Open(_engine, definition) is { } images
            ? images.UpTo(newest)
            : Expand(newest, _engine.Open(definition));
    }

    private static IEnumerable<CandidatePoint> Expand(CandidatePoint newest, RepositoryFolder repository) =>
        new Chain(repository, newest.ChainPath).Points()
            .Where(p => p.IsUsable && p.Sequence < newest.Sequence)
            .Select(p => newest with
            {
                Sequence = p.Sequence,
                TimeUtc = p.File!.TimeUtc,
                ReadyUtc = p.File.WrittenUtc,
            })
            .Append(newest);

    private IReadOnlyList<CandidatePoint> In(
        RepositoryDefinition definition, int order, Action<BackupCopyException>? unavailable,
        Action<string, BackupCopyException>? unreadable)
    {
        if (ImageRepository.Open(_engine, definition) is not { } images)
        {
            return [.. _engine.Open(definition).Backups()
                .SelectMany(b => In(b, definition, order, unreadable))];
        }

        // It is there, and may all the same be the place where a share is not mounted.
        if (images.Points.Count == 0)
        {
            unavailable?.Invoke(new BackupCopyException(
                ErrorCode.RepositoryUnavailable,
                $"The repository {definition.Name} holds no image: nothing in {definition.Path} has a name "
                + "that counts.",
                "Mount what belongs there, or mend the names with Set-BackupCopyRepository -Pattern."));
        }

        return [.. images.Newest(order, p => IsSelected(p.Machine, images.JobNameOf(p)))];
    }

    // One chain that cannot be read is one machine's trouble: the others are found all the same.
    private List<CandidatePoint> In(
        BackupFolder backup, RepositoryDefinition definition, int order,
        Action<string, BackupCopyException>? unreadable)
    {
        var found = new List<CandidatePoint>();
        foreach (var chain in backup.Chains())
        {
            try
            {
                found.AddRange(In(chain, backup, definition, order));
            }
            catch (BackupCopyException error)
            {
                unreadable?.Invoke(Path.GetFileName(chain.Path)[..^9], error);
            }
        }

        return found;
    }

    private IEnumerable<CandidatePoint> In(
        Chain chain, BackupFolder backup, RepositoryDefinition definition, int order)
    {
        var newest = chain.Newest();
        if (newest?.File is { } file && IsSelected(file, backup))
        {
            yield return Candidate(file, newest.Sequence, backup, chain, definition, order);
        }

        if (chain.Unfinished() is { File: { } unfinished } point && IsSelected(unfinished, backup)
            && point.Sequence > (newest?.Sequence ?? 0) && chain.IsBeingWritten(out var writer))
        {
            yield return Candidate(unfinished, point.Sequence, backup, chain, definition, order) with
            {
                IsLocked = true,
                Writer = writer?.ToString() ?? "another process",
            };
        }
    }

    private static CandidatePoint Candidate(
        Format.PointFile file, long sequence, BackupFolder backup, Chain chain,
        RepositoryDefinition definition, int order) => new()
        {
            SourceOrder = order,
            RepositoryId = definition.Id,
            Repository = definition.Name,
            BackupFolder = backup.FolderName,
            JobId = file.JobId,
            JobName = file.JobName,
            MachineId = file.MachineId,
            Machine = file.MachineName,
            Sequence = sequence,
            TimeUtc = file.TimeUtc,
            ReadyUtc = file.WrittenUtc,
            IsLocked = false,
            ChainPath = chain.Path,
        };

    /// <summary>Whether the job copies this point, as far as its own file tells.</summary>
    public bool IsSelected(Format.PointFile file, BackupFolder backup) =>
        IsSelected(file.MachineName, file.JobName, file.JobId, backup.FolderName);

    private bool IsSelected(string machine, string job) =>
        IsSelected(machine, job, Identity.OfBackup(job), job);

    private bool IsSelected(string machine, string job, Guid jobId, string backup)
    {
        var selection = _job.Selection;
        return Wildcard.MatchesAny(selection.Machines, machine)
            && !selection.Exclude.Any(e => Wildcard.Matches(e, machine))
            && (selection.FromJobs.Count == 0 || selection.FromJobs.Any(
                j => Wildcard.Matches(j, job)
                    || string.Equals(j, jobId.ToString(), StringComparison.OrdinalIgnoreCase)))
            && (selection.FromBackups.Count == 0 || selection.FromBackups.Any(
                b => Wildcard.Matches(b, job) || Wildcard.Matches(b, backup)));
    }
}
