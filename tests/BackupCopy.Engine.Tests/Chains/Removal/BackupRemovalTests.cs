using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Copying;
using BackupCopy.Format;
using BackupCopy.Sources;
using BackupCopy.Storage;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Chains.Removal;

public sealed class BackupRemovalTests
{
    private const int Block = 256 * 1024;
    private static readonly Guid s_otherMachine = new("22222222-0000-0000-0000-000000000001");
    private static readonly Guid s_otherJob = new("bbbbbbbb-0000-0000-0000-000000000001");
    private static readonly string s_folder = Path.Combine(SimulatedDisk.Root, "repository");
    private static readonly Dictionary<string, MemoryDisk> s_contents = [];
    private static readonly SimulatedDisk s_disk = Prepare();

    private readonly SimulatedDisk _disk = s_disk.Fork();

    [Fact]
    public void A_backup_goes_with_all_its_machines_and_leaves_nothing()
    {
        Assert.Empty(Remove(_disk));

        AssertGone(_disk.PowerCutLosingAll());
    }

    [Fact]
    public void A_cut_after_every_operation_touches_no_other_backup_and_a_second_run_finishes()
    {
        var whole = s_disk.Fork();
        var before = whole.Operations;
        Remove(whole);
        var seeds = TestBudget.Seeds(3).ToList();
        for (var n = 0; n <= whole.Operations - before; n++)
        {
            var disk = s_disk.Fork();
            disk.CutAfter(n);
            try
            {
                Remove(disk);
            }
            catch (PowerLostException)
            {
                // What the test arranged.
            }

            AssertSurvived(disk.PowerCutLosingAll());
            AssertSurvived(disk.Kill());
            seeds.ForEach(seed => AssertSurvived(disk.PowerCut(seed * 1000 + n)));
        }
    }

    [Fact]
    public void What_a_crash_left_is_also_finished_by_the_next_copy_into_it()
    {
        var whole = s_disk.Fork();
        var before = whole.Operations;
        Remove(whole);
        for (var n = 0; n <= whole.Operations - before; n++)
        {
            var disk = s_disk.Fork();
            disk.CutAfter(n);
            try
            {
                Remove(disk);
            }
            catch (PowerLostException)
            {
                // What the test arranged.
            }

            disk = disk.PowerCut(n);
            var chain = Lab.ChainIn(RepositoryFolder.Open(disk, s_folder));
            var content = Content(99);
            var point = Lab.Import(chain, Lab.Start.AddDays(9), [content]);
            Lab.AssertEqual(chain, point.Sequence, [content]);
            Assert.Empty(chain.Tombstones());
            var findings = FullMark.Run(chain);
            Assert.Empty(findings.Violations);
        }
    }

    [Fact]
    public void A_cut_removal_gives_no_number_out_twice()
    {
        var lab = new RemovalLab(ReleaseMode.Punch);
        var highest = RemovalLab.Open(lab.NewDisk()).Points()
            .SelectMany(p => p.File!.BlockFiles).Max(f => f.Number);
        for (var n = 0; ; n++)
        {
            var disk = lab.NewDisk();
            disk.CutAfter(n);
            try
            {
                var repository = RepositoryFolder.Open(disk, RemovalLab.Folder);
                using var removal = BackupRemoval.Begin(
                    repository.BackupFor("Lab", Lab.Job), evenHeld: false);
                removal.Run();
                return;
            }
            catch (PowerLostException)
            {
                // What the test arranged.
            }

            disk = disk.PowerCut(n);
            if (RemovalLab.Open(disk).Tombstones().Count > 0)
            {
                var content = new MemoryDisk("disk0", 5 * RemovalLab.Block);
                content.Write(5, [1]);
                var made = Lab.Import(RemovalLab.Open(disk), Lab.Start, [content]);
                Assert.All(made.BlockFiles, f => Assert.True(f.Number > highest, $"{f.Number} after {n}"));
            }
        }
    }

    [Fact]
    public void A_backup_goes_from_a_disk_that_has_no_room_for_a_name()
    {
        var disk = new RemovalLab(ReleaseMode.Punch).NewDisk();
        var repository = RepositoryFolder.Open(disk, RemovalLab.Folder);
        var backup = repository.BackupFor("Lab", Lab.Job);
        var isFull = true;
        disk.Fault = operation =>
        {
            isFull &= operation.Kind != DiskOperationKind.Delete || !operation.Name.EndsWith(
                Names.Blocks, StringComparison.Ordinal);
            return isFull && operation.Kind == DiskOperationKind.Create
                && operation.Name.EndsWith(Names.HighWater, StringComparison.Ordinal)
                ? StorageError.Full(operation.Path) : null;
        };

        using (var removal = BackupRemoval.Begin(backup, evenHeld: false))
        {
            Assert.Empty(removal.Run());
        }

        Assert.False(isFull);
        Assert.False(disk.DirectoryExists(backup.Path));
    }

    [Fact]
    public void Nothing_goes_while_a_point_is_read()
    {
        var chain = Backup(_disk).Chains()[1];
        using (chain.OpenPoint(chain.Points()[0]))
        {
            Assert.Equal(ErrorCode.PointLocked, Refused());
        }

        Assert.Empty(Remove(_disk));
    }

    [Fact]
    public void Nothing_goes_while_a_machine_is_written()
    {
        using (Backup(_disk).Chains()[1].TakeAppendLock("test"))
        {
            var error = Assert.Throws<BackupCopyException>(() => BackupRemoval.Check(Backup(_disk), false));
            Assert.Equal(ErrorCode.ChainLocked, error.Code);
            Assert.Equal(ErrorCode.ChainLocked, Refused());
        }

        Assert.Empty(Remove(_disk));
    }

    [Fact]
    public void A_held_point_keeps_the_backup_unless_it_is_forced()
    {
        var chain = Backup(_disk).Chains()[0];
        chain.ChangeMark(chain.Points()[0], Lab.Start, mark => mark with { IsHeld = true, Reason = "audit" });

        var error = Assert.Throws<BackupCopyException>(() => BackupRemoval.Check(Backup(_disk), false));
        Assert.Equal(ErrorCode.PointHeld, error.Code);
        Assert.Contains("audit", error.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorCode.PointHeld, Refused());
        BackupRemoval.Check(Backup(_disk), evenHeld: true);
        Assert.Empty(Remove(_disk, evenHeld: true));
        AssertGone(_disk);
    }

    [Fact]
    public void A_file_that_is_not_ours_stays_and_so_does_its_folder()
    {
        var chain = Backup(_disk).Chains()[0];
        using (_disk.Open(Path.Combine(chain.Path, "notes.txt"), BackupCopy.Storage.OpenFor.Creating))
        {
        }

        var notes = Remove(_disk);

        Assert.Contains(notes, note => note.Contains("notes.txt", StringComparison.Ordinal));
        Assert.Equal(["notes.txt"], _disk.List(chain.Path).Select(e => e.Name));
        Assert.Single(Backup(_disk).Chains());
    }

    [Fact]
    public void A_stop_ends_it_between_machines_and_the_next_run_finishes()
    {
        using var stop = new CancellationTokenSource();
        using (var removal = BackupRemoval.Begin(Backup(_disk), evenHeld: false))
        {
            _disk.Fault = operation =>
            {
                if (operation.Name.EndsWith(".bcblocks", StringComparison.Ordinal))
                {
                    stop.Cancel();
                }

                return null;
            };
            Assert.Throws<OperationCanceledException>(() => removal.Run(stop.Token));
        }

        Assert.All(Backup(_disk).Chains(), chain => Assert.Empty(chain.Points()));
        Assert.Contains(Backup(_disk).Chains(), chain => chain.Tombstones().Count > 0);
        Remove(_disk);
        AssertGone(_disk);
    }

    private static SimulatedDisk Prepare()
    {
        var disk = new SimulatedDisk();
        var repository = Lab.NewRepository(disk, s_folder, Block);
        var backup = repository.BackupFor("Lab", Lab.Job);
        Add(backup, Lab.Job, Lab.Machine);
        Add(backup, Lab.Job, s_otherMachine);
        Add(repository.BackupFor("Other", s_otherJob), s_otherJob, Lab.Machine);
        BackupSummary.Refresh(backup);

        // A copy that was interrupted.
        var chain = Lab.ChainIn(repository);
        ChainAppender.Begin(chain, Lab.Request(repository, Lab.Start.AddDays(5)));
        return disk.Kill();
    }

    private static void Add(BackupFolder backup, Guid job, Guid machine)
    {
        var chain = backup.ChainFor("web01", machine);
        for (var day = 0; day < 2; day++)
        {
            var content = Content(s_contents.Count);
            var request = Lab.Request(chain.Repository, Lab.Start.AddDays(day)) with
            {
                JobId = job,
                JobName = job == Lab.Job ? "Lab" : "Other",
                MachineId = machine,
            };
            var point = PointCopy.FromImagesAsync(
                [content], [], chain, request, Lab.Options, new CopyProgress(), default)
                .GetAwaiter().GetResult();
            s_contents.Add(KeyOf(chain, point.Sequence), content);
        }
    }

    private static MemoryDisk Content(int seed)
    {
        var bytes = new byte[20_000];
        new Random(seed).NextBytes(bytes);
        var disk = new MemoryDisk("disk0", 3 * Block);
        disk.Write(seed % 3 * Block, bytes);
        return disk;
    }

    private static string KeyOf(Chain chain, long sequence) => $"{chain.Path} {sequence}";

    private static BackupFolder Backup(SimulatedDisk disk) =>
        RepositoryFolder.Open(disk, s_folder).Backups()
            .Single(b => b.FolderName.StartsWith("Lab", StringComparison.Ordinal));

    private static IReadOnlyList<string> Remove(SimulatedDisk disk, bool evenHeld = false)
    {
        using var removal = BackupRemoval.Begin(Backup(disk), evenHeld);
        return removal.Run();
    }

    private ErrorCode Refused() => Assert.Throws<BackupCopyException>(() => Remove(_disk)).Code;

    private static void AssertSurvived(SimulatedDisk disk)
    {
        foreach (var chain in RepositoryFolder.Open(disk, s_folder).Backups().SelectMany(b => b.Chains()))
        {
            foreach (var point in chain.Points())
            {
                Lab.AssertEqual(chain, point.Sequence, [s_contents[KeyOf(chain, point.Sequence)]]);
            }
        }

        if (RepositoryFolder.Open(disk, s_folder).Backups().Count > 1)
        {
            Remove(disk);
        }

        AssertGone(disk);
    }

    private static void AssertGone(SimulatedDisk disk)
    {
        var backup = Assert.Single(RepositoryFolder.Open(disk, s_folder).Backups());
        Assert.StartsWith("Other.", backup.FolderName, StringComparison.Ordinal);
        var chain = Assert.Single(backup.Chains());
        Assert.Equal([1L, 2], chain.Points().Select(p => p.Sequence));
        foreach (var sequence in new[] { 1L, 2 })
        {
            Lab.AssertEqual(chain, sequence, [s_contents[KeyOf(chain, sequence)]]);
        }
    }
}
