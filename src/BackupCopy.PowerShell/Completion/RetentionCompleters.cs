using System.Collections;

namespace BackupCopy.PowerShell.Completion;

/// <summary>Usual numbers of whole days.</summary>
public sealed class DaysCompleter() : ExampleCompleter("7d", "14d", "30d", "60d", "90d");

/// <summary>Usual lengths of the weekly tier.</summary>
public sealed class WeeklyKeepCompleter() : ExampleCompleter("4", "8", "4 weeks", "8 weeks");

/// <summary>Usual lengths of the monthly tier.</summary>
public sealed class MonthlyKeepCompleter() : ExampleCompleter("6", "12", "6 months", "12 months");

/// <summary>Usual lengths of the quarterly tier.</summary>
public sealed class QuarterlyKeepCompleter() : ExampleCompleter("4", "8", "4 quarters", "8 quarters");

/// <summary>Usual lengths of the yearly tier.</summary>
public sealed class YearlyKeepCompleter() : ExampleCompleter("3", "7", "3 years", "7 years");

/// <summary>The days of the week.</summary>
public sealed class WeekdayCompleter() : ExampleCompleter(
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday");

/// <summary>Usual days of a month.</summary>
public sealed class MonthDayCompleter() : ExampleCompleter(
    "First", "Last", "15", "First Sunday", "Last Sunday", "First Saturday", "Last Friday");

/// <summary>Usual days of a quarter.</summary>
public sealed class QuarterDayCompleter() : ExampleCompleter(
    "First", "Last", "First Sunday", "Last Sunday", "First Sunday of month 1", "Last Friday of month 3");

/// <summary>Usual days of a year.</summary>
public sealed class YearDayCompleter() : ExampleCompleter(
    "First of January", "First Sunday of January", "Last Sunday of December", "Last of December");

/// <summary>Weekdays and days of the month.</summary>
public sealed class FullDayCompleter() : ExampleCompleter(
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "First", "15", "Last",
    "First Sunday", "Last Sunday");

/// <summary>The time zones that this machine knows.</summary>
public sealed class TimeZoneCompleter : NameCompleter
{
    private protected override IEnumerable<string> Names(IDictionary boundParameters) =>
        TimeZoneInfo.GetSystemTimeZones().Select(zone => zone.Id);

    // Hardly anybody knows the continent that an id begins with.
    private protected override bool IsAnywhere => true;
}
