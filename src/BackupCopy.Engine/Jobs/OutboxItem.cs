namespace BackupCopy.Jobs;

/// <summary>The way that a report takes.</summary>
public enum ReportChannel
{
    Mail,
    WebHook,
}

/// <summary>
/// A report that is not delivered yet. It holds which sessions it is about and not their text, so that the
/// catalog stays small and what is sent late is still true. Changes are new values.
/// </summary>
internal sealed record OutboxItem
{
    /// <summary>How many may wait; the oldest go first.</summary>
    public const int Most = 500;

    public static TimeSpan Longest { get; } = TimeSpan.FromDays(3);

    private static readonly TimeSpan[] s_backOff =
        [.. new[] { 1, 5, 15, 60 }.Select(minutes => TimeSpan.FromMinutes(minutes))];

    /// <summary>The same at every try, so that whoever gets it twice can tell.</summary>
    public required Guid Id { get; init; }
    public required ReportChannel Channel { get; init; }

    /// <summary>Null for a digest.</summary>
    public Guid? SessionId { get; init; }

    /// <summary>
    /// A digest is about the sessions that ended after this; null for a session's report.
    /// </summary>
    public DateTime? SinceUtc { get; init; }

    /// <summary>And not after this.</summary>
    public DateTime? UntilUtc { get; init; }

    /// <summary>The jobs that a digest tells of; empty for a session's report.</summary>
    public IReadOnlyList<Guid> JobIds { get; init; } = [];

    /// <summary>Who has not got it yet; empty, before the first server took it, for everybody.</summary>
    public IReadOnlyList<string> To { get; init; } = [];
    public required DateTime CreatedUtc { get; init; }

    /// <summary>How often it was refused or its server failed.</summary>
    public int Attempts { get; init; }

    /// <summary>How often in a row its server failed, which is no fault of the report's own.</summary>
    public int ServerFailures { get; init; }
    public required DateTime NextTryUtc { get; init; }

    /// <summary>Why it is still here; empty before the first try.</summary>
    public string Error { get; init; } = "";

    // A clock that was ahead and went back must not hold reports for as long as it was ahead.
    public bool IsDue(DateTime nowUtc) => NextTryUtc <= nowUtc || NextTryUtc > nowUtc + s_backOff[^1];

    public bool IsTooOld(DateTime nowUtc) => nowUtc - CreatedUtc >= Longest;

    /// <summary>The server cannot be used for anything now, for the n-th time in a row.</summary>
    public OutboxItem AfterServerFailure(DateTime nowUtc, int failures, string error, bool wasTried) =>
        this with
        {
            Attempts = Attempts + (wasTried ? 1 : 0),
            ServerFailures = failures,
            NextTryUtc = nowUtc + BackOff(failures),
            Error = error,
        };

    /// <summary>The server does not take this one.</summary>
    /// <param name="to">Who has not got it yet; empty for everybody.</param>
    public OutboxItem AfterRefusal(DateTime nowUtc, string error, IReadOnlyList<string> to) => this with
    {
        To = to,
        Attempts = Attempts + 1,
        ServerFailures = 0,
        NextTryUtc = nowUtc + BackOff(Attempts + 1),
        Error = error,
    };

    /// <summary>Its server works again, or has become another one.</summary>
    public OutboxItem Retried(DateTime nowUtc) => this with { ServerFailures = 0, NextTryUtc = nowUtc };

    private static TimeSpan BackOff(int times) => s_backOff[Math.Clamp(times, 1, s_backOff.Length) - 1];
}
