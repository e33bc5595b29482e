namespace BackupCopy.Tests.Sources.Folders;

/// <summary>The folders that real programs make.</summary>
public sealed class ImageFolderLayoutTests : IDisposable
{
    private readonly FolderLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void Proxmox()
    {
        _lab.Clock.SetLocalTimeZone(TimeZoneInfo.CreateCustomTimeZone("x", TimeSpan.FromHours(1), "x", "x"));
        _lab.Clock.AdjustTime(new DateTimeOffset(2026, 11, 22, 13, 0, 0, TimeSpan.Zero));
        var scan = _lab.With(
            "dump/vzdump-qemu-100-2026_11_21-01_00_05.vma.zst",
            "dump/vzdump-qemu-100-2026_11_21-01_00_05.vma.zst.notes",
            "dump/vzdump-qemu-100-2026_11_21-01_00_05.log",
            "dump/vzdump-qemu-100-2026_11_22-01_00_07.vma.dat",
            "dump/vzdump-qemu-100-2026_11_22-01_00_07.log",
            "dump/vzdump-qemu-101-2026_11_22-01_09_00.vma.zst",
            "dump/vzdump-qemu-101-2026_11_22-01_09_00.vma.zst.protected",
            "dump/vzdump-qemu-102-2026_11_22-01_10_00.dat",
            "dump/vzdump-lxc-200-2026_11_22-01_20_00.tar.zst",
            "images/100/vm-100-disk-0.iso").Scan();
        Assert.Equal(
            [
                "100 2026-11-21 00:00:05 100=dump/vzdump-qemu-100-2026_11_21-01_00_05.vma.zst"
                    + " + dump/vzdump-qemu-100-2026_11_21-01_00_05.vma.zst.notes",
                "100 2026-11-22 00:00:07  unfinished dump/vzdump-qemu-100-2026_11_22-01_00_07.vma.dat",
                "101 2026-11-22 00:09:00 101=dump/vzdump-qemu-101-2026_11_22-01_09_00.vma.zst",
                "102 2026-11-22 00:10:00  unfinished dump/vzdump-qemu-102-2026_11_22-01_10_00.dat",
            ],
            FolderLab.Lines(scan));
        Assert.Equal("dump/vzdump-qemu-{machine}-{yyyy_MM_dd-HH_mm_ss}.{ext}", scan.Points[0].Pattern.Text);
    }

    [Fact]
    public void Libvirt()
    {
        var scan = _lab.With(
            "web01.qcow2.1763773205", "web01.qcow2.1763859605", "db/vda.qcow2", "db/vdb.qcow2",
            "db/db.xml").Scan();
        Assert.Equal(
            [
                "db 2026-11-22 12:03:00 vda=db/vda.qcow2, vdb=db/vdb.qcow2 + db/db.xml",
                "web01 2025-11-22 01:00:05 web01=web01.qcow2.1763773205",
                "web01 2025-11-23 01:00:05 web01=web01.qcow2.1763859605",
            ],
            FolderLab.Lines(scan));
        Assert.Equal(102 + 103, scan.Points[0].LengthBytes);
    }

    [Fact]
    public void HyperV()
    {
        var scan = _lab.With(
            "web/Virtual Hard Disks/web.vhdx",
            "web/Virtual Hard Disks/web_5B31.avhdx",
            "web/Virtual Machines/11AA.vmcx",
            "web/Virtual Machines/11AA.vmrs",
            "web/Snapshots/22BB.vmcx",
            "2026-11-20/db/Virtual Hard Disks/db.vhdx",
            "2026-11-20/db/Virtual Machines/33CC.vmcx",
            "2026-11-21/db/Virtual Hard Disks/db.vhdx").Scan();
        Assert.Equal(
            [
                "db 2026-11-20 00:00:00 db=2026-11-20/db/Virtual Hard Disks/db.vhdx"
                    + " + 2026-11-20/db/Virtual Machines/33CC.vmcx",
                "db 2026-11-21 00:00:00 db=2026-11-21/db/Virtual Hard Disks/db.vhdx",
                "web 2026-11-22 12:01:00 web=web/Virtual Hard Disks/web.vhdx,"
                    + " web_5B31=web/Virtual Hard Disks/web_5B31.avhdx + web/Virtual Machines/11AA.vmcx",
            ],
            FolderLab.Lines(scan));
    }

    [Fact]
    public void GhettoVcb_and_parts_of_vmdk()
    {
        var scan = _lab.With(
            "web/web-2026-11-22_01-00-05/web.vmdk",
            "web/web-2026-11-22_01-00-05/web-flat.vmdk",
            "web/web-2026-11-22_01-00-05/web.vmx",
            "web/web-2026-11-22_01-00-05/web.nvram",
            "web/web-2026-11-22_01-00-05/STATUS.ok",
            "db-2026-11-22.vmdk",
            "db-2026-11-22-s001.vmdk",
            "db-2026-11-22-s002.vmdk").Scan();
        Assert.Equal(
            [
                "db 2026-11-22 00:00:00 db=db-2026-11-22.vmdk"
                    + " part db-2026-11-22-s001.vmdk part db-2026-11-22-s002.vmdk",
                "web 2026-11-22 01:00:05 web=web/web-2026-11-22_01-00-05/web.vmdk"
                    + " part web/web-2026-11-22_01-00-05/web-flat.vmdk + web/web-2026-11-22_01-00-05/web.vmx",
            ],
            FolderLab.Lines(scan));
    }

    [Fact]
    public void Plain_dated_dumps()
    {
        var scan = _lab.With(
            "db-01-2026-11-21.img", "db-01-2026-11-22_0130.img.gz", "db-01-2026-11-22_0130.conf",
            "web_20261122.qcow2", "web_20261122.xml", "mail/2026-11-22_0100.vhd", "mail/2026-11-22_0100.json",
            "mail/2026-11-23_0100.vhd", "mail/other.json").Scan();
        Assert.Equal(
            [
                "db-01 2026-11-21 00:00:00 db-01=db-01-2026-11-21.img",
                "db-01 2026-11-22 01:30:00 db-01=db-01-2026-11-22_0130.img.gz + db-01-2026-11-22_0130.conf",
                "mail 2026-11-22 01:00:00 mail=mail/2026-11-22_0100.vhd + mail/2026-11-22_0100.json",
                "mail 2026-11-23 01:00:00 mail=mail/2026-11-23_0100.vhd",
                "web 2026-11-22 00:00:00 web=web_20261122.qcow2 + web_20261122.xml",
            ],
            FolderLab.Lines(scan));
    }

    [Fact]
    public void Plain_dumps_of_a_raw_repository()
    {
        _lab.With("db-2026-11-21.bak", "db-2026-11-22.bak", "db-2026-11-22.bak.sha256", "erp/2026-11-22.dmp");
        Assert.Empty(_lab.Scan().Points);
        Assert.Equal(
            [
                "db 2026-11-21 00:00:00 db=db-2026-11-21.bak",
                "db 2026-11-22 00:00:00 db=db-2026-11-22.bak",
                "erp 2026-11-22 00:00:00 erp=erp/2026-11-22.dmp",
            ],
            FolderLab.Lines(_lab.Scan(isRaw: true)));
    }

    [Fact]
    public void A_pattern_of_ones_own()
    {
        var scan = _lab.With(
            "weekly/web/vda-2026-11-22.raw", "weekly/web/vdb-2026-11-22.raw", "weekly/web/web-2026-11-22.xml",
            "daily/web/vda-2026-11-22.raw", "daily/web/vda-2026-13-22.raw").Scan(
                "{job}/{machine}/{disk}-{yyyy-MM-dd}.{ext}");
        Assert.Equal(
            [
                "web 2026-11-22 00:00:00 vda=daily/web/vda-2026-11-22.raw",
                "web 2026-11-22 00:00:00 vda=weekly/web/vda-2026-11-22.raw, vdb=weekly/web/vdb-2026-11-22.raw"
                    + " + weekly/web/web-2026-11-22.xml",
            ],
            FolderLab.Lines(scan));
        Assert.Equal(["daily", "weekly"], scan.Points.Select(p => p.Job));
        Assert.Equal(scan.Points[0].Sequence + 1, scan.Points[1].Sequence);
        Assert.Equal(scan.Points[0].TimeUtc.Ticks, scan.Points[0].Sequence);
    }
}
