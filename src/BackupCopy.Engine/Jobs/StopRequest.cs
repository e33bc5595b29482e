namespace BackupCopy.Jobs;

/// <summary>What somebody wants of a running session, in whatever process it runs.</summary>
internal sealed record StopRequest
{
    public required Guid JobId { get; init; }

    /// <summary>The session that is to end; a later one of the job has nothing to do with it.</summary>
    public required Guid SessionId { get; init; }

    /// <summary>Finish the machines that are being copied; false leaves them unfinished.</summary>
    public bool AfterCurrentMachines { get; init; }
    public required DateTime AskedUtc { get; init; }

    /// <summary>The user and process that asked, for people.</summary>
    public string AskedBy { get; init; } = "";
}

/// <summary>What running sessions have to know: which jobs are disabled, and who is to stop.</summary>
internal sealed record StopOrders(
    IReadOnlySet<Guid> DisabledJobIds, IReadOnlyDictionary<Guid, StopRequest> RequestByJobId)
{
    public static StopOrders None { get; } =
        new(new HashSet<Guid>(), new Dictionary<Guid, StopRequest>());
}
