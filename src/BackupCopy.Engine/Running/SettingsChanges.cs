using System.Net;
using BackupCopy.Jobs;

namespace BackupCopy.Running;

/// <summary>What may be said of the settings; null leaves a value as it is.</summary>
public sealed record SettingsChanges
{
    /// <summary>Empty for no mail.</summary>
    public string? SmtpServer { get; init; }

    /// <summary>0 for the usual one.</summary>
    public int? SmtpPort { get; init; }
    public MailTls? Tls { get; init; }

    /// <summary>An empty user name removes both.</summary>
    public NetworkCredential? Credential { get; init; }
    public string? From { get; init; }

    /// <summary>None, or empty texts alone, for nobody.</summary>
    public IReadOnlyList<string>? To { get; init; }

    /// <summary>Empty for the usual one.</summary>
    public string? Subject { get; init; }
    public ReportOn? ReportOn { get; init; }

    /// <summary>A time such as 07:00; empty for no digest.</summary>
    public string? DigestAt { get; init; }

    /// <summary>Empty for none.</summary>
    public string? Webhook { get; init; }
    public int? HistoryDays { get; init; }
    public long? MaxRateBytesPerSecond { get; init; }
    public int? MaxTasks { get; init; }
}
