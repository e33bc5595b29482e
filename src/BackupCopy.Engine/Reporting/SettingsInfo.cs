using BackupCopy.Jobs;

namespace BackupCopy.Reporting;

/// <summary>What counts for all jobs, as the prompt shows it: without the secrets.</summary>
public sealed record SettingsInfo
{
    public required bool LookForward { get; init; }
    public required int HistoryDays { get; init; }

    /// <summary>0 is no limit.</summary>
    public required long MaxRateBytesPerSecond { get; init; }

    /// <summary>0 is no limit.</summary>
    public required int MaxTasks { get; init; }

    /// <summary>Empty for no mail.</summary>
    public required string SmtpServer { get; init; }

    /// <summary>0 is the usual one.</summary>
    public required int SmtpPort { get; init; }
    public required MailTls Tls { get; init; }
    public required string UserName { get; init; }
    public required bool HasPassword { get; init; }
    public required string From { get; init; }
    public required IReadOnlyList<string> To { get; init => field = value.ForPrompt(); }
    public required string Subject { get; init; }
    public required ReportOn ReportOn { get; init; }

    /// <summary>The local time of the daily digest; null for none.</summary>
    public TimeOnly? DigestAt { get; init; }

    /// <summary>The web hook's host alone; empty for none, or when the address cannot be read.</summary>
    public required string Webhook { get; init; }
    public required bool HasWebhook { get; init; }

    /// <summary>How many reports wait to be sent.</summary>
    public required int QueuedReports { get; init; }

    /// <summary>Why they wait; empty where none was tried.</summary>
    public required string QueueReason { get; init; }
}
