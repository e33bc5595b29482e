using System.Security.Cryptography;
using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Jobs;
using BackupCopy.Storage;

namespace BackupCopy.Running.Upkeep;

/// <summary>A chain that is older than the job left it.</summary>
/// <param name="Message">What was there and what is, one sentence that names the machine.</param>
internal sealed record WentBackFinding(string Machine, string Path, string Message);

/// <summary>
/// Notices a target that went back: restored from a snapshot, or with files removed by somebody else. The
/// catalog remembers of each chain the highest sequence that it gave out and the digest of its newest point
/// file. Removing points lawfully keeps the sequences, so it is never taken for going back; a point file that
/// does not verify is damage. Whoever copies on top of an older state would hide what was lost, so nothing is
/// copied or removed until somebody accepts it.
/// </summary>
internal static class WentBack
{
    private const int MostEvents = 20;

    /// <summary>Opens the target and compares; empty for one that is as the job left it, or newer.</summary>
    public static IReadOnlyList<WentBackFinding> Find(Engine engine, JobDefinition job)
    {
        var remembered = engine.Catalog.Run(job.Id).Chains
            .Where(c => c.RepositoryId == job.TargetRepositoryId).ToList();
        if (remembered.Count == 0)
        {
            return [];
        }

        var repository = engine.Open(engine.Repository(job.TargetRepositoryId));
        return [.. remembered.Select(c => Compare(repository, c)).OfType<WentBackFinding>()];
    }

    /// <exception cref="BackupCopyException"><see cref="ErrorCode.RepositoryWentBack"/>.</exception>
    public static void ThrowIfAny(Engine engine, JobDefinition job)
    {
        if (Find(engine, job) is { Count: > 0 } findings)
        {
            throw Error(job, findings);
        }
    }

    /// <summary>
    /// The same for a session, once: tells each finding, and shows the job as one that waits.
    /// </summary>
    public static void ThrowIfAny(PhaseContext context)
    {
        if (context.Upkeep.IsTargetKnown)
        {
            return;
        }

        var (engine, job) = (context.Engine, context.Job);
        var findings = Find(engine, job);
        var told = findings.Count == 0 ? "" : Error(job, findings).Message;
        if (engine.Catalog.Run(job.Id).WentBack != told)
        {
            engine.Catalog.UpdateRun(job.Id, run => run with { WentBack = told });
        }

        foreach (var finding in findings.Take(MostEvents))
        {
            context.Session.Tell(
                EventLevel.Error, finding.Message, finding.Machine, SessionEventId.RepositoryWentBack);
        }

        context.Upkeep.IsTargetKnown = findings.Count == 0 ? true : throw Error(job, findings);
    }

    /// <summary>Takes the target as it is now for what the job left there.</summary>
    /// <returns>What was older.</returns>
    public static IReadOnlyList<WentBackFinding> Accept(Engine engine, JobDefinition job)
    {
        using var alone = JobLock.Take(
            engine, job.Id, job.Name, $"accepting the older state of the target of job {job.Name}");
        var findings = Find(engine, job);
        var now = Read(TargetBackup.Open(engine, job).Folder.Chains());
        engine.Catalog.UpdateRun(job.Id, run => run with { Chains = now, WentBack = "" });
        return findings;
    }

    /// <summary>The chain as it is now is as the job left it.</summary>
    public static void Remember(Engine engine, JobDefinition job, params IReadOnlyList<Chain> chains)
    {
        var now = Read(chains);
        var known = engine.Catalog.Run(job.Id).Chains;
        if (now.All(known.Contains))
        {
            return;
        }

        var folders = now.Select(c => c.Folder).ToHashSet(StringComparer.Ordinal);
        engine.Catalog.UpdateRun(job.Id, run => run with
        {
            Chains =
            [
                .. run.Chains.Where(c => c.RepositoryId == job.TargetRepositoryId
                    && !folders.Contains(c.Folder)),
                .. now,
            ],
        });
    }

    /// <summary>All chains, at the end of a session that compared the target.</summary>
    public static void RememberAll(PhaseContext context)
    {
        if (context.Upkeep.IsTargetKnown)
        {
            Remember(context.Engine, context.Job, context.Target.Folder.Chains());
        }
    }

    /// <summary>A backup is removed as a whole: no job misses it.</summary>
    public static void Forget(Engine engine, BackupFolder backup)
    {
        var (id, folder) = (backup.Repository.File.Id, backup.FolderName + "/");
        foreach (var job in engine.Catalog.Jobs())
        {
            if (engine.Catalog.Run(job.Id).Chains.Any(IsIn))
            {
                engine.Catalog.UpdateRun(job.Id, run => run with
                {
                    Chains = [.. run.Chains.Where(c => !IsIn(c))],
                    WentBack = "",
                });
            }
        }

        bool IsIn(ChainRun chain) =>
            chain.RepositoryId == id && chain.Folder.StartsWith(folder, StringComparison.Ordinal);
    }

    private static WentBackFinding? Compare(RepositoryFolder repository, ChainRun left)
    {
        var path = Path.Combine([repository.Path, .. left.Folder.Split('/')]);
        try
        {
            return Difference(new Chain(repository, path), left) is { } difference
                ? new WentBackFinding(left.Machine, path, $"{left.Machine}: {difference}") : null;
        }
        catch (BackupCopyException)
        {
            // Nothing can be said of a chain that cannot be read; whoever works with it meets the error.
            return null;
        }
    }

    private static string? Difference(Chain chain, ChainRun left)
    {
        var storage = chain.Repository.Storage;
        if (!storage.DirectoryExists(chain.Path))
        {
            return $"{chain.Path} is gone, with {Left(left)}.";
        }

        var names = storage.List(chain.Path).Where(e => !e.IsDirectory).Select(e => e.Name).ToList();
        var newest = names.FirstOrDefault(n => Names.TryPoint(n, Names.Point, out var sequence)
            && sequence == left.NewestSequence);
        var copy = names.FirstOrDefault(
            n => n.EndsWith(Names.Point + Names.Copy, StringComparison.Ordinal)
                && Names.TryPoint(n[..^Names.Copy.Length], Names.Point, out var sequence)
                && sequence == left.NewestSequence);
        var isCopyThere = copy is not null && DigestOf(chain, copy) == left.NewestDigest;
        var highest = HighWater.Of(chain, []).Sequence;
        if (highest < left.HighestSequence && !(isCopyThere && left.NewestSequence == left.HighestSequence))
        {
            return $"{chain.Path} went back: the job left {Left(left)} there, and the highest number is "
                + $"{highest} now.";
        }

        // A file that does not verify is damage, and so is one whose copy is what the job left.
        return newest is null || isCopyThere || !IsWhole(chain, newest)
            || DigestOf(chain, newest) == left.NewestDigest
            ? null
            : $"restore point {left.NewestSequence} in {chain.Path} is not the one that the job left there.";
    }

    private static string Left(ChainRun left) => left.NewestSequence == left.HighestSequence
        ? $"restore point {left.NewestSequence}"
        : $"restore points up to number {left.HighestSequence}";

    private static bool IsWhole(Chain chain, string name)
    {
        try
        {
            PointFile.Read(BytesOf(chain, name), name, chain.Repository.Key.Span);
            return true;
        }
        catch (BackupCopyException error) when (error.Code == ErrorCode.DamagedFile)
        {
            return false;
        }
    }

    private static List<ChainRun> Read(IReadOnlyList<Chain> chains)
    {
        var runs = new List<ChainRun>();
        foreach (var chain in chains)
        {
            try
            {
                runs.AddRange(Read(chain));
            }
            catch (BackupCopyException)
            {
                // What was remembered of it stays.
            }
        }

        return runs;
    }

    private static IEnumerable<ChainRun> Read(Chain chain)
    {
        if (chain.Repository.Storage.DirectoryExists(chain.Path))
        {
            var newest = chain.Newest();
            yield return new ChainRun(
                chain.Repository.File.Id,
                Path.GetRelativePath(chain.Repository.Path, chain.Path)
                    .Replace(Path.DirectorySeparatorChar, '/'),
                TargetBackup.MachineOf(chain), HighestOf(chain), newest?.Sequence ?? 0,
                newest is null ? "" : DigestOf(chain, IsWhole(chain, newest.FileName)
                    ? newest.FileName : newest.FileName + Names.Copy));
        }
    }

    // A point in the making is not counted: its name alone may go with a power cut.
    private static long HighestOf(Chain chain)
    {
        var highest = 0L;
        foreach (var name in chain.Repository.Storage.List(chain.Path).Select(e => e.Name))
        {
            if (Names.TryPoint(name, Names.Point, out var sequence)
                || Names.TryPoint(name, Names.Removed, out sequence)
                || Names.TryPoint(name, Names.Mark, out sequence)
                || Names.TryHighWater(name, out sequence, out _))
            {
                highest = Math.Max(highest, sequence);
            }
        }

        return highest;
    }

    private static string DigestOf(Chain chain, string name) =>
        Convert.ToHexStringLower(SHA256.HashData(BytesOf(chain, name)));

    private static byte[] BytesOf(Chain chain, string name) =>
        chain.Repository.Storage.ReadSmall(Path.Combine(chain.Path, name), FormatLimits.PointFileBytes);

    public static BackupCopyException Error(JobDefinition job, IReadOnlyList<WentBackFinding> findings)
    {
        var more = findings.Count == 1 ? ""
            : findings.Count == 2 ? " 1 more machine shows an older state, too."
            : $" {findings.Count - 1} more machines show an older state, too.";
        return new BackupCopyException(
            ErrorCode.RepositoryWentBack, $"{findings[0].Message}{more}",
            "Bring the newer state of the repository back, or take this one for right with "
            + $"Invoke-HealthCheck -Job {job.Name} -AcceptRollback; nothing is copied or removed before.");
    }
}
