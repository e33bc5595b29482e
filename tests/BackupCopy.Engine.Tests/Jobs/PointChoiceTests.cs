using BackupCopy.Jobs;

namespace BackupCopy.Tests.Jobs;

/// <summary>
/// Which point of a machine is copied: a table of sources, what was copied last, and the choice.
/// </summary>
public sealed class PointChoiceTests
{
    private static readonly Guid s_primary = new("00000000-0000-0000-0000-000000000001");
    private static readonly Guid s_second = new("00000000-0000-0000-0000-000000000002");
    private static readonly Guid s_job = new("00000000-0000-0000-0000-00000000000a");

    [Fact]
    public void A_machine_never_copied_gets_its_newest_point() => AssertCopies(
        "Primary/3", Choose([Point("Primary", 3, hour: 5)], last: null));

    [Fact]
    public void Nothing_newer_is_up_to_date() => Assert.IsType<PointDecision.UpToDate>(
        Choose([Point("Primary", 3, hour: 5)], Last(sequence: 3, hour: 5)));

    [Fact]
    public void Within_one_chain_newer_means_sequence_even_when_the_clock_went_back() => AssertCopies(
        "Primary/4", Choose([Point("Primary", 4, hour: 2)], Last(sequence: 3, hour: 5)));

    [Fact]
    public void A_source_begun_anew_counts_by_time_though_its_sequences_are_lower() => AssertCopies(
        "Primary/1", Choose([Point("Primary", 1, hour: 6)], Last(sequence: 30, hour: 5)));

    [Fact]
    public void Between_chains_newer_means_time()
    {
        var candidates = new[] { Point("Primary", 3, hour: 5), Point("Second", 99, hour: 4) };
        Assert.IsType<PointDecision.UpToDate>(Choose(candidates, Last(sequence: 3, hour: 5)));
        AssertCopies("Second/1", Choose([Point("Second", 1, hour: 6)], Last(sequence: 3, hour: 5)));
    }

    [Fact]
    public void The_newest_of_all_sources_wins() => AssertCopies(
        "Second/1", Choose([Point("Primary", 9, hour: 5), Point("Second", 1, hour: 6)], last: null));

    [Fact]
    public void At_equal_times_the_earlier_source_wins() => AssertCopies(
        "Primary/9", Choose([Point("Second", 1, hour: 5), Point("Primary", 9, hour: 5)], last: null));

    [Fact]
    public void A_locked_newest_point_is_waited_for_and_no_older_one_taken()
    {
        var candidates = new[] { Point("Primary", 3, hour: 5), Point("Primary", 4, hour: 6, locked: true) };
        var wait = Assert.IsType<PointDecision.Wait>(Choose(candidates, Last(sequence: 2, hour: 4)));
        Assert.Equal(4, wait.Point.Sequence);
    }

    [Fact]
    public void A_locked_point_older_than_the_newest_complete_one_is_not_waited_for() => AssertCopies(
        "Primary/3",
        Choose([Point("Primary", 3, hour: 5), Point("Second", 7, hour: 4, locked: true)], last: null));

    [Fact]
    public void A_full_on_demand_takes_the_newest_point_though_it_was_copied() => AssertCopies(
        "Primary/3", Choose([Point("Primary", 3, hour: 5)], Last(sequence: 3, hour: 5), evenIfCopied: true));

    [Fact]
    public void No_candidates_is_up_to_date_with_nothing() => Assert.Null(
        Assert.IsType<PointDecision.UpToDate>(Choose([], last: null)).Newest);

    private static PointDecision Choose(
        IReadOnlyList<CandidatePoint> candidates, CopiedPoint? last, bool evenIfCopied = false) =>
        PointChoice.Choose(candidates, last, new PointScope { EvenIfCopied = evenIfCopied });

    private static void AssertCopies(string expected, PointDecision decision)
    {
        var point = Assert.IsType<PointDecision.Copy>(decision).Point;
        Assert.Equal(expected, $"{point.Repository}/{point.Sequence}");
    }

    private static CopiedPoint Last(long sequence, int hour) => new(s_primary, s_job, sequence, At(hour));

    private static CandidatePoint Point(
        string repository, long sequence, int hour, bool locked = false) => new()
    {
        SourceOrder = repository == "Primary" ? 0 : 1,
        RepositoryId = repository == "Primary" ? s_primary : s_second,
        Repository = repository,
        BackupFolder = "Manual.00000000",
        JobId = s_job,
        JobName = "Manual",
        MachineId = s_job,
        Machine = "web01",
        Sequence = sequence,
        TimeUtc = At(hour),
        IsLocked = locked,
        ChainPath = "",
    };

    private static DateTime At(int hour) => new(2026, 11, 1, hour, 0, 0, DateTimeKind.Utc);
}
