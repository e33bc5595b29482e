using BackupCopy.Format;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running;
using BackupCopy.Running.Keeping;

namespace BackupCopy.Tests.Running;

/// <summary>A point file that was copied beside itself under another name.</summary>
public sealed class PointTwinTests : IDisposable
{
    private static readonly RetentionScope s_job = new RetentionScope.OfJob("Nightly");

    private readonly RetentionLab _lab = new(new JobRetention { KeepPoints = 7 });

    public void Dispose() => _lab.Dispose();

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task Neither_of_two_files_with_one_sequence_goes_and_all_else_goes_on(int days)
    {
        var copy = await PrepareAsync(days);
        var errors = new List<(string Machine, BackupCopyException Error)>();
        var options = new RetentionOptions { Fail = (machine, error) => errors.Add((machine, error)) };

        var planned = _lab.Engine.Retention.Plan(s_job, [], null).ToDictionary(p => p.Machine);
        Assert.Equal([3L], planned["web01"].Removed.Select(r => r.Sequence));
        var done = (await _lab.Engine.Retention.RunAsync(s_job, options, default))
            .ToDictionary(r => r.Machine);

        Assert.Equal([1L, 2, 3], done["db01"].Removed.Select(r => r.Sequence));
        Assert.Equal([3L], done["web01"].Removed.Select(r => r.Sequence));
        Assert.Equal([1L, 2, 2, 4, 5], _lab.Sequences());
        var (machine, error) = Assert.Single(errors);
        Assert.Equal(("web01", ErrorCode.DamagedFile), (machine, error.Code));
        Assert.Contains(Path.GetFileName(copy), error.Message, StringComparison.Ordinal);
        Assert.Equal(2, _lab.Engine.Retention.Forecast("Nightly", new(), new() { Days = 3 }).Count);
        Assert.Equal(SessionResult.Warning, (await _lab.SyncAsync()).Result);

        File.Delete(copy);
        await _lab.Engine.Retention.RunAsync(s_job, options, default);
        Assert.Equal([4L, 5], _lab.Sequences());
        await _lab.AssertWholeAsync();
    }

    [Fact]
    public async Task The_file_with_its_own_time_in_its_name_is_restored_and_both_are_named()
    {
        var copy = await PrepareAsync(-1);
        var twins = _lab.Engine.RestorePoints
            .List(new RestorePointQuery { Repositories = ["Offsite"], IncludeIncomplete = true })
            .Where(p => p is { Machine: "web01", Sequence: 2 } || p.Path == copy).ToList();
        Assert.Equal([RestorePointState.Complete, RestorePointState.Damaged], twins.Select(t => t.State));
        Assert.Equal(copy, twins[1].Path);
        Assert.All(
            twins, t => Assert.Contains(Path.GetFileName(t.Path), twins[1].Reason, StringComparison.Ordinal));
        Assert.All(_lab.Engines.Points("Offsite"), p => Assert.NotEmpty(p.Why));

        var refused = _lab.Engine.RestorePoints.Remove(twins, force: true);
        Assert.Empty(refused.Removed);
        Assert.All(refused.Refused, r => Assert.Equal(ErrorCode.DamagedFile, r.Reason.Code));
        Assert.Equal(
            twins[1].Reason,
            Assert.Single(_lab.Engine.Repositories.Rescan("Offsite", default, deep: true).Damage));

        var files = await _lab.Engine.RestorePoints.ExportAsync(
            twins[0], _lab.Engines.PathOf("export"), [], replace: false, null, default);
        Assert.Single(files);
    }

    [Fact]
    public async Task The_retention_of_a_deleted_machine_leaves_them_too()
    {
        await PrepareAsync(1);
        var decisions = DeletedMachineSearch.Decide(
            _lab.Chain().Points(), _lab.Job.Retention.Policy(), _lab.Engine.NowUtc, new AbsentMachine
            {
                MachineId = Guid.NewGuid(),
                AbsentSinceUtc = _lab.Engine.NowUtc,
                LastAbsentUtc = _lab.Engine.NowUtc,
                AbsentSessionCount = 3,
            });
        Assert.Equal([2L, 2], decisions.Where(d => d.Keep).Select(d => d.Point.Sequence));
    }

    [Fact]
    public async Task The_newest_point_of_a_chain_is_the_one_with_its_own_name()
    {
        await PrepareAsync(1);
        var newest = _lab.Chain().Newest()!;
        foreach (var days in (int[])[-1, 1])
        {
            File.Copy(
                Path.Combine(_lab.Chain().Path, newest.FileName),
                Path.Combine(
                    _lab.Chain().Path, Names.PointFile(newest.Sequence, newest.TimeUtc.AddDays(days))));
        }

        var found = _lab.Chain().Newest()!;
        Assert.Equal((newest.FileName, true), (found.FileName, found.HasTwin));
        Assert.Equal(3, _lab.Chain().Points().Count(p => p.Sequence == newest.Sequence));
    }

    /// <summary>
    /// Five points of two machines of which two stay, and a copy of the second under another time.
    /// </summary>
    private async Task<string> PrepareAsync(int days)
    {
        for (var day = 0; day < 5; day++)
        {
            await _lab.NewDayAsync("db01", "web01");
            Assert.Equal(SessionResult.Success, (await _lab.SyncAsync()).Result);
        }

        _lab.Keep(new JobRetention { KeepPoints = 2 });
        var point = _lab.Chain().Points().Single(p => p.Sequence == 2);
        var copy = Path.Combine(_lab.Chain().Path, Names.PointFile(2, point.TimeUtc.AddDays(days)));
        File.Copy(Path.Combine(_lab.Chain().Path, point.FileName), copy);
        return copy;
    }
}
