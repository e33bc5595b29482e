using System.Globalization;
using BackupCopy.Retention;

namespace BackupCopy.Reporting;

/// <summary>What a sync would do for a machine.</summary>
public enum SyncAction
{
    Copy,
    Wait,
    UpToDate,
    Fail,
}

/// <summary>One machine of the plan of a sync. Times are local.</summary>
public sealed record SyncPlanInfo
{
    public required string Job { get; init; }
    public required string Machine { get; init; }
    public required Guid MachineId { get; init; }
    public required SyncAction Action { get; init; }

    /// <summary>Full or increment; null unless something is copied.</summary>
    public RestorePointType? Type { get; init; }

    /// <summary>The time of the chosen point; null when there is none.</summary>
    public DateTime? PointTime { get; init; }
    public string SourceRepository { get; init; } = "";
    public string SourceBackup { get; init; } = "";

    /// <summary>Plain bytes of the blocks that differ.</summary>
    public long ReadBytes { get; init; }

    /// <summary>Stored bytes that have to move; less where an unfinished point holds some.</summary>
    public long SendBytes { get; init; }

    /// <summary>Bytes that the target will take, map included.</summary>
    public long StoreBytes { get; init; }

    /// <summary>Bytes free in the target.</summary>
    public long FreeBytes { get; init; }

    /// <summary>Whether <see cref="StoreBytes"/> of all machines fit into the target.</summary>
    public bool Fits { get; init; } = true;

    /// <summary>Why this is done, and of a full why it is one.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Complete restore points in the sources that are newer than the copy.</summary>
    public int LagPoints { get; init; }

    /// <summary>How far the copy is behind the newest of them.</summary>
    public TimeSpan Lag { get; init; }

    /// <summary>The GFS flags that the new point gets; empty for none.</summary>
    public IReadOnlyList<GfsTier> Gfs { get; init => field = value.ForPrompt(); } = [];

    /// <summary>Which days the flags stand for; empty without flags.</summary>
    public string GfsReason { get; init; } = "";

    /// <summary>The points that retention removes when the sync is done, oldest first.</summary>
    public IReadOnlyList<ExpectedRemoval> Removes { get; init => field = value.ForPrompt(); } = [];
}

/// <summary>A restore point that is going to be removed.</summary>
/// <param name="Time">Its time, local.</param>
/// <param name="Why">Why nothing keeps it.</param>
public sealed record ExpectedRemoval(DateTime Time, long Sequence, string Why)
{
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Time:yyyy-MM-dd HH:mm:ss}: {Why}");
}
