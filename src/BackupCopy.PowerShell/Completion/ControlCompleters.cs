using BackupCopy.Jobs;

namespace BackupCopy.PowerShell.Completion;

/// <summary>Usual start times of a day.</summary>
public sealed class ClockTimeCompleter() : ExampleCompleter("20:00", "22:00", "00:00", "02:00", "06:00");

/// <summary>Usual periods of a week.</summary>
public sealed class PeriodCompleter() : ExampleCompleter(
    "Mon-Fri 20:00-06:00", "Sat,Sun", "22:00-06:00", "Mon-Fri 08:00-18:00",
    "Mon-Fri 08:00-18:00 at 20MB/s");

/// <summary>After which sessions a report can be sent.</summary>
public sealed class ReportOnCompleter() : ExampleCompleter(Enum.GetNames<ReportOn>());
