using System.Diagnostics;
using BackupCopy.Storage;

namespace BackupCopy.Tests.Storage;

public sealed class LocalStorageTests : IDisposable
{
    private readonly LocalStorage _storage = LocalStorage.Instance;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_replaced_file_is_whole_and_its_temporary_name_is_gone()
    {
        _storage.Replace(_folder["a"], "old"u8);
        _storage.Replace(_folder["a"], "newer"u8);
        _storage.FlushDirectory(_folder.Path);

        Assert.Equal("newer", File.ReadAllText(_folder["a"]));
        Assert.Equal(["a"], _storage.List(_folder.Path).Select(entry => entry.Name));
    }

    [Fact]
    public void A_temporary_file_that_a_crash_left_behind_does_not_stop_the_next_replacement()
    {
        File.WriteAllText(_folder["a.tmp"], "half of someth");

        _storage.Replace(_folder["a"], "new"u8);

        Assert.Equal("new", File.ReadAllText(_folder["a"]));
        Assert.False(File.Exists(_folder["a.tmp"]));
    }

    [Fact]
    public void An_open_file_keeps_its_content_while_another_replaces_it()
    {
        _storage.Replace(_folder["a"], "old"u8);
        using var open = _storage.Open(_folder["a"], OpenFor.Reading);
        _storage.Replace(_folder["a"], "new"u8);

        var bytes = new byte[3];
        open.ReadAll(bytes, 0);

        Assert.Equal("old"u8.ToArray(), bytes);
    }

    [Fact]
    public void What_is_missing_is_a_missing_file()
    {
        Assert.Equal(ErrorCode.MissingFile, CodeOf(() => _storage.Open(_folder["no"], OpenFor.Reading)));
        Assert.Equal(ErrorCode.MissingFile, CodeOf(() => _storage.Open(_folder["no"], OpenFor.Changing)));
        Assert.Equal(ErrorCode.MissingFile, CodeOf(() => _storage.Open(_folder["no/a"], OpenFor.Creating)));
        Assert.Equal(ErrorCode.MissingFile, CodeOf(() => _storage.Rename(_folder["no"], _folder["a"])));
        Assert.Equal(ErrorCode.MissingFile, CodeOf(() => _storage.ReadSmall(_folder["no"], 100)));
        Assert.Empty(_storage.List(_folder["no"]));
        _storage.Delete(_folder["no"]);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(ErrorCode.MissingFile, CodeOf(() => _storage.FlushDirectory(_folder["no"])));
        }
    }

    [Fact]
    public void A_file_takes_its_length_without_its_holes()
    {
        var bytes = new byte[(1 << 20) + 5];
        Random.Shared.NextBytes(bytes);
        using (var file = _storage.Open(_folder["a"], OpenFor.Creating))
        {
            file.WriteAll(bytes, 0);
            file.Flush();
            Assert.Equal(bytes.Length, _storage.AllocatedBytes(_folder["a"]));
            Assert.SkipUnless(file.TryPunch(1 << 18, 1 << 19), "Nothing is punched here.");
            file.Flush();
        }

        Assert.Equal(bytes.Length, new FileInfo(_folder["a"]).Length);
        Assert.InRange(_storage.AllocatedBytes(_folder["a"]), 1 << 19, (1 << 19) + (1 << 16));
        Assert.Equal(ErrorCode.MissingFile, CodeOf(() => _storage.AllocatedBytes(_folder["no"])));
    }

    [Fact]
    public void Creating_an_existing_file_is_an_error_and_leaves_it_alone()
    {
        File.WriteAllText(_folder["a"], "content");

        Assert.Equal(ErrorCode.StorageError, CodeOf(() => _storage.Open(_folder["a"], OpenFor.Creating)));
        Assert.Equal("content", File.ReadAllText(_folder["a"]));
    }

    [Fact]
    public void A_directory_is_no_file()
    {
        _storage.CreateDirectory(_folder["d"]);
        _storage.CreateDirectory(_folder["d"]);

        Assert.Equal(ErrorCode.StorageError, CodeOf(() => _storage.Open(_folder["d"], OpenFor.Reading)));
        Assert.True(_storage.DirectoryExists(_folder["d"]));
        Assert.False(_storage.FileExists(_folder["d"]));
    }

    [Fact]
    public void Only_an_empty_directory_is_deleted()
    {
        _storage.CreateDirectory(_folder["d"]);
        File.WriteAllText(_folder["d/a"], "content");

        Assert.Equal(ErrorCode.StorageError, CodeOf(() => _storage.DeleteDirectory(_folder["d"])));
        Assert.Equal(ErrorCode.StorageError, CodeOf(() => _storage.DeleteDirectory(_folder["d/a"])));
        _storage.Delete(_folder["d/a"]);
        _storage.DeleteDirectory(_folder["d"]);
        _storage.DeleteDirectory(_folder["d"]);
        _storage.DeleteDirectory(_folder["no/d"]);

        Assert.False(_storage.DirectoryExists(_folder["d"]));
    }

    [Fact]
    public void A_read_behind_the_end_says_where_the_file_ends()
    {
        File.WriteAllBytes(_folder["a"], new byte[10]);
        using var file = _storage.Open(_folder["a"], OpenFor.Reading);
        Assert.Equal(0, file.Read(new byte[4], 10));
        Assert.Equal(2, file.ReadUpTo(new byte[4], 8));

        var error = Assert.Throws<BackupCopyException>(() => file.ReadAll(new byte[4], 8));

        Assert.Equal(ErrorCode.DamagedFile, error.Code);
        Assert.Contains("ends at 10", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_small_file_over_its_limit_is_refused_before_it_is_read()
    {
        using (var file = _storage.Open(_folder["a"], OpenFor.Creating))
        {
            file.SetLength(1L << 40);
        }

        Assert.Equal(ErrorCode.DamagedFile, CodeOf(() => _storage.ReadSmall(_folder["a"], 1000)));
    }

    [Fact]
    public void The_probe_leaves_nothing_behind_and_its_answer_holds()
    {
        var abilities = _storage.Probe(_folder.Path);
        Assert.Empty(_storage.List(_folder.Path));
        using var file = _storage.Open(_folder["a"], OpenFor.Creating);
        file.WriteAll(Enumerable.Repeat((byte)7, 3 * 4096).ToArray(), 0);
        if (!abilities.Punches)
        {
            Assert.Skip("The file system of the temporary folder punches no holes.");
        }

        file.TryPunch(4096, 4096);

        var bytes = _storage.ReadSmall(_folder["a"], 1 << 20);
        Assert.Equal(3 * 4096, bytes.Length);
        Assert.Equal((7, 0, 0, 7), (bytes[4095], bytes[4096], bytes[8191], bytes[8192]));
    }

    [Fact]
    public void A_real_input_output_error_may_be_a_lost_connection()
    {
        SkipUnlessLinux();
        using var memory = _storage.Open("/proc/self/mem", OpenFor.Reading);

        Assert.Equal(ErrorCode.ConnectionLost, CodeOf(() => memory.Read(new byte[10], 0)));
    }

    [Fact]
    public void A_real_full_device_is_TargetFull()
    {
        SkipUnlessLinux();
        using var full = _storage.Open("/dev/full", OpenFor.Changing);

        Assert.Equal(ErrorCode.TargetFull, CodeOf(() => full.Write(new byte[10], 0)));
    }

    [Fact]
    public void A_real_full_file_system_is_TargetFull_and_keeps_what_was_written()
    {
        using var mount = TemporaryMount.OrSkip("size=1m");
        Assert.InRange(_storage.FreeBytes(mount.Path), 1, 1 << 20);
        var path = Path.Combine(mount.Path, "a");
        using (var file = _storage.Open(path, OpenFor.Creating))
        {
            file.WriteAll(new byte[700_000], 0);
            Assert.Equal(ErrorCode.TargetFull, CodeOf(() => file.WriteAll(new byte[700_000], 700_000)));
        }

        Assert.Equal(ErrorCode.TargetFull, CodeOf(() => _storage.Replace(path + "2", new byte[700_000])));
        Assert.InRange(new FileInfo(path).Length, 700_000, 1 << 20);
    }

    [Fact]
    public void A_real_read_only_file_system_reads_and_refuses_changes()
    {
        using var mount = TemporaryMount.OrSkip("size=1m");
        var path = Path.Combine(mount.Path, "a");
        _storage.Replace(path, "content"u8);
        mount.MakeReadOnly();

        Assert.Equal(7, _storage.ReadSmall(path, 100).Length);
        Assert.Equal(ErrorCode.RepositoryReadOnly, CodeOf(() => _storage.Open(path, OpenFor.Changing)));
        Assert.Equal(ErrorCode.RepositoryReadOnly, CodeOf(() => _storage.Open(path + "2", OpenFor.Creating)));
        Assert.Equal(ErrorCode.RepositoryReadOnly, CodeOf(() => _storage.Delete(path)));
        Assert.Equal(ErrorCode.RepositoryReadOnly, CodeOf(() => _storage.Rename(path, path + "2")));
        Assert.Equal(ErrorCode.RepositoryReadOnly, CodeOf(() => _storage.CreateDirectory(path + "3")));
        Assert.Equal(ErrorCode.RepositoryReadOnly, CodeOf(() => _storage.Probe(mount.Path)));
    }

    private static ErrorCode CodeOf(Action action) => Assert.Throws<BackupCopyException>(action).Code;

    private static void SkipUnlessLinux()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("The device is Linux's.");
        }
    }

    /// <summary>A file system in memory of its own; mounting one needs root.</summary>
    private sealed class TemporaryMount : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public string Path => _folder.Path;

        public static TemporaryMount OrSkip(string options)
        {
            var mount = new TemporaryMount();
            if (OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", options, "tmpfs", mount.Path))
            {
                return mount;
            }

            mount._folder.Dispose();
            Assert.Skip("Mounting a tmpfs needs Linux and root.");
            return null;
        }

        public void MakeReadOnly() => Assert.True(Run("mount", "-o", "remount,ro", Path));

        public void Dispose()
        {
            Assert.True(Run("umount", Path));
            _folder.Dispose();
        }

        private static bool Run(string command, params string[] arguments)
        {
            var start = new ProcessStartInfo(command, arguments) { RedirectStandardError = true };
            using var process = Process.Start(start)!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
    }
}
