using BackupCopy.Catalog;
using BackupCopy.Tests.Storage;
using static BackupCopy.Tests.Catalog.CatalogSamples;
using static BackupCopy.Tests.Catalog.CatalogStoreTests;

namespace BackupCopy.Tests.Catalog;

public sealed class CatalogDamageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CatalogStore _catalog;
    private readonly string _path;

    public CatalogDamageTests()
    {
        _path = _folder["catalog.db"];
        _catalog = new CatalogStore(_path);
        var repository = Repository();
        _catalog.AddRepository(repository);
        for (var i = 0; i < 8; i++)
        {
            var job = Job(repository, $"Job {i}");
            _catalog.AddJob(job);
            _catalog.BeginSession(Session(job.Id, i) with { Reason = new string('r', 5000) });
        }
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Flipped_bit_anywhere_is_an_error_or_changes_nothing()
    {
        var content = Content(_catalog);
        var bytes = File.ReadAllBytes(_path);
        var found = 0;
        var seeds = TestBudget.Seeds(150).ToList();
        foreach (var seed in seeds)
        {
            var random = new Random(seed);
            var position = seed <= 64 ? seed - 1 : random.Next(bytes.Length);
            var bit = (byte)(1 << random.Next(8));
            bytes[position] ^= bit;
            File.WriteAllBytes(_path, bytes);
            var error = Record.Exception(() => Assert.Equal(content, Content(_catalog)));
            if (error is not null)
            {
                found++;
                Assert.Equal(ErrorCode.CatalogDamaged, Assert.IsType<BackupCopyException>(error).Code);
                Assert.Contains(_path, error.Message, StringComparison.Ordinal);
            }

            if (Record.Exception(() => _catalog.SetSetting("a", "b")) is not null)
            {
                Assert.Equal(bytes, File.ReadAllBytes(_path));
            }

            bytes[position] ^= bit;
        }

        Assert.True(found > seeds.Count / 3);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(8191)]
    [InlineData(8192)]
    [InlineData(50000)]
    [InlineData(-1)]
    public void Catalog_that_is_cut_short_is_damaged_and_never_made_anew(int length)
    {
        using (var file = new FileStream(_path, FileMode.Open))
        {
            file.SetLength(length >= 0 ? length : file.Length + length);
        }

        var before = File.ReadAllBytes(_path);
        var error = AssertCode(ErrorCode.CatalogDamaged, () => _catalog.Jobs());
        Assert.Contains("Register-BackupCopyRepository", error.Remedy, StringComparison.Ordinal);
        AssertCode(ErrorCode.CatalogDamaged, () => _catalog.SetSetting("a", "b"));
        Assert.Equal(before, File.ReadAllBytes(_path));
    }

    [Fact]
    public void Other_file_is_not_taken_for_a_catalog()
    {
        File.WriteAllText(_path, new string('#', 20000));
        AssertCode(ErrorCode.CatalogDamaged, () => _catalog.Jobs());
        AssertCode(ErrorCode.CatalogDamaged, () => _catalog.SetSetting("a", "b"));
        Assert.Equal(20000, new FileInfo(_path).Length);
    }

    [Fact]
    public void Catalog_that_was_taken_away_starts_anew_without_its_old_journal()
    {
        File.Delete(_path);
        Assert.Empty(_catalog.Jobs());
        _catalog.SetSetting("a", "b");
        Assert.Equal("b", Assert.Single(_catalog.Settings()).Value);
        Assert.Empty(_catalog.Jobs());
    }

    [Fact]
    public void Catalog_that_was_put_back_from_an_older_copy_is_used_as_it_is()
    {
        var older = File.ReadAllBytes(_path);
        var content = Content(_catalog);
        _catalog.SetSetting("a", new string('a', 100_000));
        File.WriteAllBytes(_path, older);
        Assert.Equal(content, Content(_catalog));
        _catalog.SetSetting("b", "c");
        Assert.Equal("c", Assert.Single(_catalog.Settings()).Value);
    }

    [Fact]
    public void Catalog_without_its_journal_is_used_as_it_is()
    {
        var content = Content(_catalog);
        File.Delete(_path + CatalogFiles.JournalSuffix);
        Assert.Equal(content, Content(_catalog));
        _catalog.SetSetting("b", "c");
        Assert.Equal("c", Assert.Single(_catalog.Settings()).Value);
    }

    [Fact]
    public void Journal_that_the_storage_fails_to_look_at_is_not_taken_for_missing()
    {
        var disk = new SimulatedDisk();
        var journal = new CatalogJournal(disk, Path.Combine(SimulatedDisk.Root, "catalog.journal"));
        Assert.Null(journal.ReadPending());
        Assert.False(journal.IsDone());
        journal.Write(new() { [0] = new byte[CatalogPage.SizeBytes] });
        disk.Hides = _ => true;
        Assert.NotNull(journal.ReadPending());
        journal.MarkDone();
        Assert.True(journal.IsDone());
    }
}
