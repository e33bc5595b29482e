namespace BackupCopy.Tests.Images.Vhdx;

public sealed class VhdxFuzzTests
{
    [Fact]
    public void Changed_dynamic_disks_are_read_or_refused()
    {
        var disk = VhdxSeeds.Dynamic();
        ImageFuzz.Run(disk.Bytes(), disk.Fields, fix: disk.Fix, make: b => disk.Inflate(b));
    }

    [Fact]
    public void Changed_disks_with_a_log_are_read_or_refused()
    {
        var disk = VhdxSeeds.Dirty();
        ImageFuzz.Run(disk.Bytes(), disk.Fields, fix: disk.Fix, make: b => disk.Inflate(b));
    }

    [Fact]
    public void Changed_differencing_disks_are_read_or_refused()
    {
        var parent = VhdxSeeds.Dynamic();
        var disk = VhdxSeeds.Child(parent, "parent.vhdx");
        ImageFuzz.Run(
            disk.Bytes(), disk.Fields, [parent.Image("parent.vhdx")], fix: disk.Fix,
            make: b => disk.Inflate(b));
    }
}
