namespace BackupCopy.Jobs;

/// <summary>
/// A machine with points in a job's backup that was in none of the job's sources in any session since.
/// </summary>
internal sealed record AbsentMachine
{
    public required Guid MachineId { get; init; }

    /// <summary>The first of these sessions.</summary>
    public required DateTime AbsentSinceUtc { get; init; }

    /// <summary>The last of them.</summary>
    public required DateTime LastAbsentUtc { get; init; }

    /// <summary>How many of them there were.</summary>
    public required int AbsentSessionCount { get; init; }

    /// <summary>When the admin was told that its points go; null until then.</summary>
    public DateTime? AnnouncedUtc { get; init; }
}

/// <summary>What a session saw of a machine in the job's sources.</summary>
internal enum Sighting
{
    Listed,
    NotListed,

    /// <summary>A source or a chain could not be read: it may be there all the same.</summary>
    Unknown,
}

/// <summary>What a session does about a machine's points in the target.</summary>
internal enum DeletedStep
{
    Leave,

    /// <summary>Say that they go in the next session.</summary>
    Announce,

    /// <summary>Remove them, but for those that GFS or a hold keeps.</summary>
    Remove,
}

/// <summary>
/// When a machine counts as deleted: a pure function of what the sessions saw. It was in none of the sources
/// in every session of at least the given days, and of at least 3 sessions; one session said so, and a later
/// one still does not find it. What fails, or cannot be read, is no sign of anything. A clock that goes
/// backwards starts the count again, and one that jumps ahead makes days but no sessions.
/// </summary>
internal static class DeletedMachines
{
    /// <summary>So many sessions have to miss a machine before its removal is announced.</summary>
    public const int FewestSessions = 3;

    /// <param name="known">What earlier sessions saw; null when the last one listed the machine.</param>
    /// <param name="afterDays">More than 0.</param>
    /// <returns>What to remember, null for a machine that is there, and what to do.</returns>
    public static (AbsentMachine? Known, DeletedStep Step) Next(
        AbsentMachine? known, Guid machineId, Sighting sighting, DateTime nowUtc, int afterDays)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(afterDays, 1);
        switch (sighting)
        {
            case Sighting.Listed:
                return (null, DeletedStep.Leave);
            case Sighting.Unknown:
                return (known, DeletedStep.Leave);
        }

        if (known is null || nowUtc < known.LastAbsentUtc)
        {
            var first = new AbsentMachine
            {
                MachineId = machineId,
                AbsentSinceUtc = nowUtc,
                LastAbsentUtc = nowUtc,
                AbsentSessionCount = 1,
            };
            return (first, DeletedStep.Leave);
        }

        var absent = known with
        {
            LastAbsentUtc = nowUtc,
            AbsentSessionCount = Math.Min(known.AbsentSessionCount, int.MaxValue - 1) + 1,
        };
        return (nowUtc - known.AbsentSinceUtc).TotalDays < afterDays
            || absent.AbsentSessionCount < FewestSessions
            ? (absent with { AnnouncedUtc = null }, DeletedStep.Leave)
            : known.AnnouncedUtc is null ? (absent with { AnnouncedUtc = nowUtc }, DeletedStep.Announce)
            : (absent, DeletedStep.Remove);
    }
}
