using BackupCopy.Jobs;

namespace BackupCopy.Tests.Jobs;

/// <summary>When a machine counts as deleted, as tables of what the sessions saw.</summary>
public sealed class DeletedMachinesTests
{
    private static readonly Guid s_machine = Guid.NewGuid();
    private static readonly DateTime s_start = new(2026, 11, 1, 22, 0, 0, DateTimeKind.Utc);

    // Each session is its day and what it saw: l listed, n not listed, ? unknown. Each step is one character:
    // A announced, R removed, . left alone. The limit is 3 days.
    [Theory]
    [InlineData("0n", ".")]
    [InlineData("0n 1n 2n", "...")]
    [InlineData("0n 1n 2n 3n 4n 5n", "...ARR")]
    [InlineData("0n 3n", "..")]
    [InlineData("0n 3n 3n 3n", "..AR")]
    [InlineData("0n 30n 31n 31n", "..AR")]
    [InlineData("0n 2.9n 3.1n", "..A")]
    // Listed in the sources, whatever becomes of its copies (T23, T24).
    [InlineData("0l 1l 2l 3l 4l", ".....")]
    [InlineData("0l 10l 30l 400l", "....")]
    // It comes back: before, and after it was announced.
    [InlineData("0n 2n 3l 4n 5n 6n 7n 8n", "......AR")]
    [InlineData("0n 1n 3n 4l 5n 6n 8n 9n", "..A...AR")]
    // Sessions that could not see everything neither count nor reset.
    [InlineData("0? 1? 5? 9?", "....")]
    [InlineData("0? 9n 10n 12n 13n", "...AR")]
    [InlineData("0n 1? 2? 3n 4n 5n", "....AR")]
    [InlineData("0n 1n 3n 4? 5? 6n", "..A..R")]
    // A clock that goes backwards begins the count again, also one that had been ahead.
    [InlineData("0n 2n 1n 3n 4n 5n", "....AR")]
    [InlineData("0n 0.1n 400n 1n 2n 3n 4n 5n", "..A...AR")]
    [InlineData("0n 1n 3n 2n 4n 5n 6n", "..A..AR")]
    [InlineData("400n 0n 1n 3n 4n", "...AR")]
    // One that jumps ahead makes days, but no sessions.
    [InlineData("0n 400n 401n 402n", "..AR")]
    [InlineData("0n 400n 401l 402n", "....")]
    public void A_machine_is_deleted_when_no_session_of_enough_days_listed_it(string sessions, string steps)
    {
        AbsentMachine? known = null;
        var actual = "";
        foreach (var session in sessions.Split(' '))
        {
            var day = double.Parse(session[..^1], System.Globalization.CultureInfo.InvariantCulture);
            (known, var step) = DeletedMachines.Next(
                known, s_machine, Saw(session[^1]), s_start.AddDays(day), afterDays: 3);
            actual += step switch { DeletedStep.Announce => 'A', DeletedStep.Remove => 'R', _ => '.' };
        }

        Assert.Equal(steps, actual);
    }

    [Fact]
    public void What_is_remembered_is_when_it_was_missed_and_announced()
    {
        var (first, _) = DeletedMachines.Next(null, s_machine, Sighting.NotListed, s_start, 3);
        var (second, _) = DeletedMachines.Next(first, s_machine, Sighting.NotListed, s_start.AddDays(4), 3);
        var (third, _) = DeletedMachines.Next(second, s_machine, Sighting.NotListed, s_start.AddDays(5), 3);
        var seen = new AbsentMachine
        {
            MachineId = s_machine,
            AbsentSinceUtc = s_start,
            LastAbsentUtc = s_start.AddDays(4),
            AbsentSessionCount = 2,
        };
        Assert.Equal(seen, second);
        Assert.Equal(
            seen with
            {
                LastAbsentUtc = s_start.AddDays(5),
                AbsentSessionCount = 3,
                AnnouncedUtc = s_start.AddDays(5),
            },
            third);
        Assert.Null(DeletedMachines.Next(second, s_machine, Sighting.Listed, s_start.AddDays(5), 3).Known);
        Assert.Same(second, DeletedMachines.Next(second, s_machine, Sighting.Unknown, s_start, 3).Known);
    }

    [Fact]
    public void A_limit_that_was_raised_takes_an_announcement_back()
    {
        var (known, _) = DeletedMachines.Next(null, s_machine, Sighting.NotListed, s_start, 3);
        (known, _) = DeletedMachines.Next(known, s_machine, Sighting.NotListed, s_start.AddDays(1), 3);
        (known, var step) = DeletedMachines.Next(known, s_machine, Sighting.NotListed, s_start.AddDays(3), 3);
        Assert.Equal(DeletedStep.Announce, step);
        (known, step) = DeletedMachines.Next(known, s_machine, Sighting.NotListed, s_start.AddDays(4), 30);
        Assert.Equal((DeletedStep.Leave, null), (step, known?.AnnouncedUtc));
        (_, step) = DeletedMachines.Next(known, s_machine, Sighting.NotListed, s_start.AddDays(30), 30);
        Assert.Equal(DeletedStep.Announce, step);
    }

    [Fact]
    public void Any_number_of_days_can_be_given() => Assert.Equal(
        DeletedStep.Leave,
        DeletedMachines.Next(
            new AbsentMachine
            {
                MachineId = s_machine,
                AbsentSinceUtc = s_start,
                LastAbsentUtc = s_start,
                AbsentSessionCount = int.MaxValue,
            },
            s_machine, Sighting.NotListed, s_start.AddYears(1000), int.MaxValue).Step);

    private static Sighting Saw(char sign) => sign switch
    {
        'l' => Sighting.Listed,
        'n' => Sighting.NotListed,
        _ => Sighting.Unknown,
    };
}
