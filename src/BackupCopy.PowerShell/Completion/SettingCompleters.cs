namespace BackupCopy.PowerShell.Completion;

/// <summary>Usual ports of mail servers.</summary>
public sealed class SmtpPortCompleter() : ExampleCompleter("25", "465", "587");

/// <summary>Usual times of a daily digest.</summary>
public sealed class DigestTimeCompleter() : ExampleCompleter("06:00", "07:00", "08:00", "18:00");

/// <summary>Usual days of history.</summary>
public sealed class HistoryDaysCompleter() : ExampleCompleter("30", "90", "180", "365");

/// <summary>What a subject may begin with.</summary>
public sealed class SubjectCompleter() : ExampleCompleter(
    "[%JobResult%] %JobName% (%ObjectCount% machines, %Issues%)", "%JobName%: %JobResult% %Time%");
