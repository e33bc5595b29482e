namespace BackupCopy.Jobs;

/// <summary>How a connection to a mail server is protected.</summary>
public enum MailTls
{
    /// <summary>STARTTLS where the server offers it.</summary>
    Auto,

    /// <summary>STARTTLS, or no mail.</summary>
    StartTls,

    /// <summary>TLS from the first byte.</summary>
    Tls,

    /// <summary>Never.</summary>
    None,
}

/// <summary>What counts for all jobs of a catalog. Immutable; a change is a new value.</summary>
public sealed record GlobalSettings
{
    /// <summary>Whether jobs without a word of their own look forward.</summary>
    public bool LookForward { get; init; }

    /// <summary>How long ended sessions are kept.</summary>
    public int HistoryDays { get; init; } = 90;

    /// <summary>What all machine tasks of one process may transfer together; 0 for no limit.</summary>
    public long MaxRateBytesPerSecond { get; init; }

    /// <summary>How many machine tasks one process runs at once; 0 for no limit of its own.</summary>
    public int MaxTasks { get; init; }
    public MailSettings Mail { get; init; } = new();
}

/// <summary>Where reports go and how.</summary>
public sealed record MailSettings
{
    /// <summary>Empty for no mail.</summary>
    public string SmtpServer { get; init; } = "";

    /// <summary>0 takes the usual one: 465 with TLS, 587 with STARTTLS, else 25.</summary>
    public int SmtpPort { get; init; }
    public MailTls Tls { get; init; }

    /// <summary>Empty for a server that asks for none.</summary>
    public string UserName { get; init; } = "";

    /// <summary>The password in the protected form of this machine; empty for none.</summary>
    public string ProtectedPassword { get; init; } = "";
    public string From { get; init; } = "";
    public IReadOnlyList<string> To { get; init; } = [];

    /// <summary>With the variables %JobName%, %JobResult%, %Time%, %ObjectCount% and %Issues%.</summary>
    public string Subject { get; init; } = DefaultSubject;
    public ReportOn ReportOn { get; init; } = ReportOn.Always;

    /// <summary>The local time of the daily digest; null for none.</summary>
    public TimeOnly? DigestAt { get; init; }

    /// <summary>A digest told of the sessions that ended until then; null without one.</summary>
    public DateTime? DigestUntilUtc { get; init; }

    /// <summary>Gets each report as JSON by POST, protected like the password; empty for none.</summary>
    public string ProtectedWebhook { get; init; } = "";

    public const string DefaultSubject = "[%JobResult%] %JobName% (%ObjectCount% machines, %Issues%)";
}
