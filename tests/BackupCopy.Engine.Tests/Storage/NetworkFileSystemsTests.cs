using BackupCopy.Storage;

namespace BackupCopy.Tests.Storage;

/// <summary>The list is ours: what the runtime counts as a network drive must be on it.</summary>
public sealed class NetworkFileSystemsTests
{
    [Theory]
    [InlineData("nfs", true)]
    [InlineData("cifs", true)]
    [InlineData("SMB2", true)]
    [InlineData("fuse.sshfs", true)]
    [InlineData("fuseblk", true)]
    [InlineData("ext4", false)]
    [InlineData("xfs", false)]
    [InlineData("btrfs", false)]
    [InlineData("tmpfs", false)]
    [InlineData("overlay", false)]
    [InlineData("apfs", false)]
    public void Names_are_those_of_file_systems_on_other_machines(string name, bool isNetwork) =>
        Assert.Equal(isNetwork, NetworkFileSystems.Has(name));
}
