using System.Globalization;
using BackupCopy.Sources.Patterns;

namespace BackupCopy.Tests.Sources.Patterns;

public sealed class DefaultPatternsTests
{
    [Theory]
    // path, machine, disk, time, pattern
    [InlineData(
        "vzdump-qemu-100-2026_11_22-01_00_05.vma.zst", "100", "", "2026-11-22 01:00:05", "vzdump-qemu-*")]
    [InlineData("vzdump-qemu-100-2026_11_22-01_00_05.vma", "100", "", "2026-11-22 01:00:05", "vzdump-qemu-*")]
    [InlineData(
        "dump/vzdump-qemu-100-2026_11_22-01_00_05.vma.gz", "100", "", "2026-11-22 01:00:05", "dump/*")]
    [InlineData("web/Virtual Hard Disks/web.vhdx", "web", "web", "", "{machine}/Virtual*")]
    [InlineData(
        "2026-11-22/web/Virtual Hard Disks/sys.avhdx", "web", "sys", "2026-11-22 00:00:00",
        "{time}/{machine}/V*")]
    [InlineData("web/2026-11-22_0100/web/Virtual Hard Disks/a.vhdx", "web", "a", "2026-11-22 01:00:00", "*")]
    [InlineData("web/2026-11-22_0100/Virtual Hard Disks/a.vhd", "web", "a", "2026-11-22 01:00:00", "*")]
    [InlineData(
        "web-2026-11-22/Virtual Hard Disks/a.vhd", "web", "a", "2026-11-22 00:00:00",
        "{machine}-{time}/V*")]
    [InlineData("web-2026-11-22/web/Virtual Hard Disks/a.vhd", "web", "a", "2026-11-22 00:00:00", "*")]
    [InlineData(
        "web/web-2026-11-22_01-00-05/web_1.vmdk", "web", "web_1", "2026-11-22 01:00:05",
        "{machine}/{machine}-{time}/*")]
    [InlineData("web/2026-11-22/vda.qcow2", "web", "vda", "2026-11-22 00:00:00", "{machine}/{time}/*")]
    [InlineData("2026-11-22/web/vda.qcow2", "web", "vda", "2026-11-22 00:00:00", "{time}/{machine}/*")]
    [InlineData("2026-11-22/web.qcow2", "web", "", "2026-11-22 00:00:00", "{time}/{machine}.*")]
    [InlineData("web-2026-11-22/vda.qcow2", "web", "vda", "2026-11-22 00:00:00", "{machine}-{time}/*")]
    [InlineData("web01.qcow2.1763773205", "web01", "", "2025-11-22 01:00:05", "{machine}.{ext}.{unix}")]
    [InlineData("web01/vda.img.1763773205", "web01", "vda", "2025-11-22 01:00:05", "*{unix}")]
    [InlineData("web/2026-11-22_0100.qcow2", "web", "", "2026-11-22 01:00:00", "{machine}/{time}.{ext}")]
    [InlineData(
        "web/vda-2026-11-22.qcow2", "web", "vda", "2026-11-22 00:00:00", "{machine}/{disk}-{time}.{ext}")]
    [InlineData("db-01-2026-11-22.img", "db-01", "", "2026-11-22 00:00:00", "{machine}-{time}.{ext}")]
    [InlineData(
        "db-01-2026-11-22_0130.img.zst", "db-01", "", "2026-11-22 01:30:00", "{machine}-{time}.{ext}")]
    [InlineData("db_01_20261122.raw", "db_01", "", "2026-11-22 00:00:00", "{machine}_{time}.{ext}")]
    [InlineData("db_20261122013005.raw", "db", "", "2026-11-22 01:30:05", "{machine}_{time}.{ext}")]
    [InlineData("db.2026-11-22.vhdx", "db", "", "2026-11-22 00:00:00", "{machine}.{time}.{ext}")]
    [InlineData("db.img.2026-11-22", "db", "", "2026-11-22 00:00:00", "{machine}.{ext}.{time}")]
    [InlineData("2026-11-22_0100-db-1.img", "db-1", "", "2026-11-22 01:00:00", "{time}-{machine}.{ext}")]
    [InlineData("web/vda.qcow2", "web", "vda", "", "{machine}/{disk}.{ext}")]
    [InlineData("web.example.com.QCOW2", "web.example.com", "", "", "{machine}.{ext}")]
    [InlineData("web-12345678.img", "web-12345678", "", "", "{machine}.{ext}")]
    public void What_programs_write_is_recognised(
        string path, string machine, string disk, string time, string pattern)
    {
        var (found, name) = First(path, isRaw: false);
        Assert.NotNull(name);
        Assert.Equal((machine, disk), (name.Machine, name.Disk ?? ""));
        Assert.Equal(
            time,
            (name.TimeLocal ?? name.TimeUtc)?.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)
                ?? "");
        Assert.True(Fits(pattern, found!.Text), $"It is {found.Text}.");
    }

    [Theory]
    [InlineData("vzdump-qemu-100-2026_11_22-01_00_05.log")]
    [InlineData("vzdump-qemu-100-2026_11_22-01_00_05.vma.zst.notes")]
    [InlineData("vzdump-lxc-101-2026_11_22-01_00_05.tar.zst")]
    [InlineData("db-2026-11-22.bak")]
    [InlineData("db-2026-11-22")]
    [InlineData("web.qcow2.nightly")]
    [InlineData("web.iso")]
    [InlineData("a/b/c/d/e.img")]
    public void What_is_no_image_is_not(string path) => Assert.Null(First(path, isRaw: false).Name);

    [Theory]
    [InlineData("db-2026-11-22.bak", "db", "2026-11-22")]
    [InlineData("db-2026-11-22.sql.gz", "db", "2026-11-22")]
    [InlineData("db-2026-11-22", "db", "2026-11-22")]
    [InlineData("db/2026-11-22", "db", "2026-11-22")]
    [InlineData("db/2026-11-22.dump", "db", "2026-11-22")]
    [InlineData("db.dump", "db", "")]
    [InlineData("db.sql.gz", "db", "")]
    public void A_raw_repository_takes_any_ending(string path, string machine, string day)
    {
        var name = First(path, isRaw: true).Name;
        Assert.Equal(machine, name?.Machine);
        Assert.Equal(day, name!.TimeLocal?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "");
    }

    [Theory]
    [InlineData("web.qcow2.part", "web.qcow2")]
    [InlineData("web.qcow2.TMP", "web.qcow2")]
    [InlineData("web.qcow2.filepart", "web.qcow2")]
    [InlineData("web.qcow2.crdownload", "web.qcow2")]
    [InlineData(".web.qcow2.Ab12Cd", "web.qcow2")]
    [InlineData("db-2026-11-22.dat", "db-2026-11-22")]
    [InlineData("vzdump-qemu-100-x.vma.dat", "vzdump-qemu-100-x.vma,vzdump-qemu-100-x.vma.vma")]
    [InlineData("vzdump-qemu-100-x.dat", "vzdump-qemu-100-x,vzdump-qemu-100-x.vma")]
    [InlineData("web.qcow2", "")]
    [InlineData(".web.qcow2", "")]
    [InlineData(".part", "")]
    [InlineData("web", "")]
    public void Unfinished_names_tell_the_finished_one(string name, string finished) =>
        Assert.Equal(finished, string.Join(',', UnfinishedName.Finished(name)));

    [Theory]
    [InlineData("web-flat.vmdk", "web.vmdk")]
    [InlineData("web-s001.vmdk", "web.vmdk")]
    [InlineData("web-f012.VMDK", "web.VMDK")]
    [InlineData("web-000001-delta.vmdk", "web-000001.vmdk")]
    [InlineData("web-000001-sesparse.vmdk", "web-000001.vmdk")]
    [InlineData("web.vmdk", null)]
    [InlineData("web-000001.vmdk", null)]
    [InlineData("web-sabc.vmdk", null)]
    [InlineData("web-flat.img", null)]
    [InlineData("-flat.vmdk", null)]
    public void Parts_of_a_vmdk_name_their_descriptor(string name, string? descriptor) =>
        Assert.Equal(descriptor, VmdkParts.DescriptorOf(name));

    private static (ImagePattern? Pattern, ImageName? Name) First(string path, bool isRaw)
    {
        foreach (var pattern in DefaultPatterns.For(isRaw))
        {
            if (pattern.TryMatch(path, out var name))
            {
                return (pattern, name);
            }
        }

        return (null, null);
    }

    private static bool Fits(string wanted, string text)
    {
        var parts = wanted.Split('*');
        return parts.Length == 1 ? text == wanted : text.StartsWith(parts[0], StringComparison.Ordinal)
            && text.EndsWith(parts[^1], StringComparison.Ordinal);
    }
}
