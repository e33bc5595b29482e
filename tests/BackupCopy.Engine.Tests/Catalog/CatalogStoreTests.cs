using BackupCopy.Catalog;
using BackupCopy.Jobs;
using BackupCopy.Tests.Storage;
using static BackupCopy.Tests.Catalog.CatalogSamples;

namespace BackupCopy.Tests.Catalog;

public sealed class CatalogStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CatalogStore _catalog;

    public CatalogStoreTests()
    {
        _catalog = new CatalogStore(_folder["catalog.db"]);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Missing_catalog_reads_as_empty_and_reading_creates_nothing()
    {
        Assert.False(_catalog.Exists);
        Assert.Empty(_catalog.Repositories());
        Assert.Empty(_catalog.Jobs());
        Assert.Empty(_catalog.Sessions(new SessionQuery()));
        Assert.Empty(_catalog.Settings());
        Assert.Null(_catalog.FindJob("Nightly"));
        Assert.Null(_catalog.FindSession(Guid.NewGuid()));
        Assert.Null(_catalog.GetSetting("a"));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void First_change_creates_the_catalog_and_its_folders()
    {
        var catalog = new CatalogStore(Path.Combine(_folder.Path, "a", "b", "catalog.db"));
        catalog.SetSetting("key", "value");
        Assert.True(catalog.Exists);
        Assert.Equal("value", catalog.GetSetting("key"));
    }

    [Fact]
    public void Every_property_of_a_repository_comes_back()
    {
        var repository = Filled<RepositoryDefinition>();
        _catalog.AddRepository(repository);
        Assert.Equal(Text(repository), Text(_catalog.FindRepository(repository.Id)));
        Assert.Equal(Text(repository), Text(Assert.Single(_catalog.Repositories())));
        Assert.Equal(DateTimeKind.Utc, _catalog.Repositories()[0].AddedUtc.Kind);
    }

    [Fact]
    public void Every_property_of_a_job_comes_back()
    {
        var job = Filled<JobDefinition>();
        foreach (var id in job.SourceRepositoryIds.Append(job.TargetRepositoryId))
        {
            _catalog.AddRepository(Repository(id.ToString()) with { Id = id });
        }

        _catalog.AddJob(job);
        Assert.Equal(Text(job), Text(_catalog.FindJob(job.Id)));
        Assert.Equal(Text(job), Text(_catalog.FindJob(job.Name.ToUpperInvariant())));
    }

    [Fact]
    public void Every_property_of_a_run_comes_back_and_goes_with_its_job()
    {
        var repository = Repository();
        _catalog.AddRepository(repository);
        var job = Job(repository);
        _catalog.AddJob(job);
        var run = Filled<JobRun>() with { JobId = job.Id };
        _catalog.UpdateRun(job.Id, _ => run);
        Assert.Equal(Text(run), Text(_catalog.Run(job.Id)));
        _catalog.RemoveJob(job.Id);
        _catalog.UpdateRun(job.Id, _ => run);
        Assert.Equal(Text(new JobRun { JobId = job.Id }), Text(_catalog.Run(job.Id)));
    }

    [Fact]
    public void Every_property_of_the_settings_comes_back()
    {
        Assert.Equal(Text(new GlobalSettings()), Text(_catalog.GlobalSettings()));
        var settings = Filled<GlobalSettings>();
        _catalog.UpdateGlobalSettings(_ => settings);
        Assert.Equal(Text(settings), Text(_catalog.GlobalSettings()));
    }

    [Fact]
    public void Every_property_of_a_session_and_its_machine_tasks_comes_back()
    {
        var session = Filled<SessionRecord>();
        _catalog.BeginSession(session);
        Assert.Equal(Text(session), Text(_catalog.FindSession(session.Id)));
    }

    [Fact]
    public void Defaults_and_nulls_come_back_as_they_were()
    {
        var repository = Repository();
        var job = Job(repository);
        var session = Session(job.Id);
        _catalog.AddRepository(repository);
        _catalog.AddJob(job);
        _catalog.BeginSession(session);
        Assert.Equal(Text(job), Text(_catalog.FindJob(job.Id)));
        Assert.Equal(Text(session), Text(_catalog.FindSession(session.Id)));
    }

    [Fact]
    public void Time_that_is_not_utc_is_refused() =>
        Assert.Throws<ArgumentException>(() => _catalog.AddRepository(
            Repository() with { AddedUtc = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Local) }));

    [Theory]
    [InlineData("Primary")]
    [InlineData("pRIMARY")]
    public void Repository_names_are_unique_without_regard_to_case(string name)
    {
        _catalog.AddRepository(Repository("Primary"));
        var other = Repository("Other");
        _catalog.AddRepository(other);
        AssertCode(ErrorCode.RepositoryNameTaken, () => _catalog.AddRepository(Repository(name)));
        AssertCode(
            ErrorCode.RepositoryNameTaken,
            () => _catalog.UpdateRepository(other.Id, known => known with { Name = name }));
        Assert.Equal(2, _catalog.Repositories().Count);
    }

    [Fact]
    public void Same_repository_under_another_name_is_refused()
    {
        var repository = Repository();
        _catalog.AddRepository(repository);
        AssertCode(
            ErrorCode.RepositoryExists, () => _catalog.AddRepository(repository with { Name = "Again" }));
    }

    [Fact]
    public void Job_names_are_unique_without_regard_to_case_and_a_job_may_change_its_own()
    {
        var repository = Repository();
        var job = Job(repository);
        var other = Job(repository, "Weekly");
        _catalog.AddRepository(repository);
        _catalog.AddJob(job);
        _catalog.AddJob(other);
        AssertCode(ErrorCode.JobExists, () => _catalog.AddJob(Job(repository, "NIGHTLY")));
        AssertCode(
            ErrorCode.JobExists,
            () => _catalog.UpdateJob(other.Id, known => known with { Name = "nightly" }));
        Assert.Equal("NIGHTLY", _catalog.UpdateJob(job.Id, known => known with { Name = "NIGHTLY" }).Name);
        Assert.Equal(["NIGHTLY", "Weekly"], _catalog.Jobs().Select(known => known.Name));
    }

    [Fact]
    public void Job_must_name_known_repositories_and_keeps_them_from_being_forgotten()
    {
        var repository = Repository();
        var job = Job(repository);
        AssertCode(ErrorCode.RepositoryNotFound, () => _catalog.AddJob(job));
        _catalog.AddRepository(repository);
        _catalog.AddJob(job);
        AssertCode(
            ErrorCode.RepositoryNotFound,
            () => _catalog.UpdateJob(job.Id, known => known with { TargetRepositoryId = Guid.NewGuid() }));
        AssertCode(ErrorCode.RepositoryInUse, () => _catalog.RemoveRepository(repository.Id));
        Assert.Equal(Text(job), Text(_catalog.RemoveJob(job.Id)));
        Assert.Equal(repository, _catalog.RemoveRepository(repository.Id));
        Assert.Empty(_catalog.Jobs());
        Assert.Empty(_catalog.Repositories());
    }

    [Fact]
    public void What_is_not_there_cannot_be_changed_or_removed()
    {
        var id = Guid.NewGuid();
        AssertCode(ErrorCode.JobNotFound, () => _catalog.UpdateJob(id, job => job));
        AssertCode(ErrorCode.JobNotFound, () => _catalog.RemoveJob(id));
        AssertCode(ErrorCode.RepositoryNotFound, () => _catalog.UpdateRepository(id, known => known));
        AssertCode(ErrorCode.RepositoryNotFound, () => _catalog.RemoveRepository(id));
    }

    [Fact]
    public void Failed_change_changes_nothing()
    {
        var repository = Repository();
        _catalog.AddRepository(repository);
        var before = Content(_catalog);
        Assert.Throws<FormatException>(
            () => _catalog.UpdateRepository(repository.Id, _ => throw new FormatException()));
        Assert.Equal(before, Content(_catalog));
    }

    [Fact]
    public void Settings_are_stored_changed_and_removed()
    {
        _catalog.SetSetting("Smtp.Server", "mail");
        _catalog.SetSetting("smtp.server", "");
        _catalog.SetSetting("HistoryDays", "30");
        _catalog.SetSetting("HistoryDays", "60");
        Assert.Equal("mail", _catalog.GetSetting("Smtp.Server"));
        Assert.Equal("", _catalog.GetSetting("smtp.server"));
        Assert.Equal("60", _catalog.Settings()["HistoryDays"]);
        _catalog.SetSetting("HistoryDays", null);
        _catalog.SetSetting("never", null);
        Assert.Null(_catalog.GetSetting("HistoryDays"));
        Assert.Equal(2, _catalog.Settings().Count);
    }

    [Fact]
    public void Of_many_adding_one_name_at_once_exactly_one_succeeds()
    {
        var repository = Repository();
        _catalog.AddRepository(repository);
        var outcomes = AtOnce(8, _ => new CatalogStore(_folder["catalog.db"]).AddJob(Job(repository)));
        Assert.Single(outcomes, outcome => outcome is null);
        Assert.Equal(7, outcomes.Count(error => error is BackupCopyException { Code: ErrorCode.JobExists }));
        Assert.Single(_catalog.Jobs());
    }

    [Fact]
    public void Of_many_changes_at_once_none_is_lost()
    {
        var repository = Repository();
        _catalog.AddRepository(repository);
        var outcomes = AtOnce(8, _ =>
        {
            for (var i = 0; i < 10; i++)
            {
                new CatalogStore(_folder["catalog.db"]).UpdateRepository(
                    repository.Id, known => known with { MaxTasks = known.MaxTasks + 1 });
            }
        });
        Assert.All(outcomes, Assert.Null);
        Assert.Equal(repository.MaxTasks + 80, _catalog.FindRepository(repository.Id)!.MaxTasks);
    }

    internal static List<Exception?> AtOnce(int count, Action<int> action)
    {
        using var start = new Barrier(count);
        var outcomes = new Exception?[count];
        var threads = Enumerable.Range(0, count).Select(index => new Thread(() =>
        {
            start.SignalAndWait();
            outcomes[index] = Record.Exception(() => action(index));
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return [.. outcomes];
    }

    internal static BackupCopyException AssertCode(ErrorCode code, Action action)
    {
        var error = Assert.Throws<BackupCopyException>(action);
        Assert.Equal(code, error.Code);
        Assert.NotEmpty(error.Remedy);
        return error;
    }
}
