using BackupCopy.Catalog;
using BackupCopy.Jobs;
using BackupCopy.Tests.Storage;
using static BackupCopy.Tests.Catalog.CatalogSamples;

namespace BackupCopy.Tests.Catalog;

/// <summary>The machines that a job did not find in its sources.</summary>
public sealed class CatalogAbsencesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CatalogStore _catalog;
    private readonly JobDefinition _job;

    public CatalogAbsencesTests()
    {
        _catalog = new CatalogStore(_folder["catalog.db"]);
        var repository = Repository();
        _job = Job(repository);
        _catalog.AddRepository(repository);
        _catalog.AddJob(_job);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_property_comes_back()
    {
        AbsentMachine[] machines =
            [Filled<AbsentMachine>(), Filled<AbsentMachine>(9) with { AnnouncedUtc = null }];
        _catalog.SaveAbsentMachines(_job.Id, machines);
        Assert.Equal(machines, _catalog.AbsentMachines(_job.Id));
        Assert.Equal(DateTimeKind.Utc, _catalog.AbsentMachines(_job.Id)[0].AbsentSinceUtc.Kind);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(5, 2)]
    public void What_was_stored_without_a_count_tells_its_first_session_and_its_last(int days, int sessions)
    {
        var since = new DateTime(2026, 11, 1, 22, 0, 0, DateTimeKind.Utc);
        var document = AbsencesDocument.From(_job.Id, [Filled<AbsentMachine>() with
        {
            AbsentSinceUtc = since,
            LastAbsentUtc = since.AddDays(days),
        }]);
        document["machines"].AsArray[0].AsDocument.Remove("absentSessionCount");
        Assert.Equal(
            sessions, Assert.Single(AbsencesDocument.Read(document, "catalog.db")).AbsentSessionCount);
    }

    [Fact]
    public void Saving_replaces_what_was_stored_of_the_job_and_of_no_other()
    {
        var other = _job with { Id = Guid.NewGuid(), Name = "Weekly" };
        _catalog.AddJob(other);
        var machine = Filled<AbsentMachine>();
        _catalog.SaveAbsentMachines(_job.Id, [machine, Filled<AbsentMachine>(5)]);
        _catalog.SaveAbsentMachines(other.Id, [machine]);
        _catalog.SaveAbsentMachines(_job.Id, [machine]);
        Assert.Equal([machine], _catalog.AbsentMachines(_job.Id));
        _catalog.SaveAbsentMachines(_job.Id, []);
        Assert.Empty(_catalog.AbsentMachines(_job.Id));
        Assert.Equal([machine], _catalog.AbsentMachines(other.Id));
    }

    [Fact]
    public void Removed_job_is_forgotten_with_them()
    {
        _catalog.SaveAbsentMachines(_job.Id, [Filled<AbsentMachine>()]);
        _catalog.RemoveJob(_job.Id);
        Assert.Empty(_catalog.AbsentMachines(_job.Id));

        // A session that outlives its job leaves nothing behind.
        _catalog.SaveAbsentMachines(_job.Id, [Filled<AbsentMachine>()]);
        _catalog.AddJob(_job);
        Assert.Empty(_catalog.AbsentMachines(_job.Id));
    }

    [Fact]
    public void Catalog_that_never_stored_any_has_none()
    {
        Assert.Empty(_catalog.AbsentMachines(_job.Id));
        Assert.Empty(new CatalogStore(_folder["missing.db"]).AbsentMachines(_job.Id));
    }
}
