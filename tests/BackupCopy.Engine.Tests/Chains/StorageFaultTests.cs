using BackupCopy.Copying;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Chains;

/// <summary>
/// Full disks and failing calls: the work done is kept, the error is named, the next copy completes.
/// </summary>
public sealed class StorageFaultTests
{
    private static readonly CrashLab s_lab = new(seed: 4, changedBlocks: 40);

    [Fact]
    public void A_full_target_keeps_the_work_and_sends_only_the_rest_later()
    {
        var disk = s_lab.NewDisk();
        disk.CapacityBytes = disk.UsedBytes + (3 << 20);
        var first = new CopyProgress();
        var error = Assert.Throws<BackupCopyException>(
            () => Lab.Copy(s_lab.Source, 4, CrashLab.Target(disk), progress: first));
        Assert.Equal(ErrorCode.TargetFull, error.Code);
        disk.CapacityBytes = null;
        var second = new CopyProgress();
        Lab.Copy(s_lab.Source, 4, CrashLab.Target(disk.Fork()), progress: second);
        Assert.True(second.ReusedBytes > 0, "Nothing was taken over.");
        s_lab.AssertSurvived(disk);
    }

    [Theory]
    [InlineData((int)DiskOperationKind.Write)]
    [InlineData((int)DiskOperationKind.Flush)]
    [InlineData((int)DiskOperationKind.Rename)]
    [InlineData((int)DiskOperationKind.FlushDirectory)]
    public void A_failing_call_anywhere_is_a_named_error_and_loses_nothing(int kind)
    {
        for (var skip = 0; skip < 12; skip++)
        {
            var disk = s_lab.NewDisk();
            disk.FailOn((DiskOperationKind)kind, "", skip, times: 1);
            try
            {
                Lab.Copy(s_lab.Source, 4, CrashLab.Target(disk));
            }
            catch (BackupCopyException error)
            {
                Assert.Equal(ErrorCode.ConnectionLost, error.Code);
            }

            s_lab.AssertSurvived(disk.Fork());
            s_lab.AssertSurvived(disk.PowerCut(skip));
        }
    }

    [Fact]
    public void A_read_only_target_is_refused_by_name_before_anything_is_read()
    {
        var disk = s_lab.NewDisk();
        disk.IsReadOnly = true;
        var error = Assert.Throws<BackupCopyException>(
            () => Lab.Copy(s_lab.Source, 4, CrashLab.Target(disk)));
        Assert.Equal(ErrorCode.RepositoryReadOnly, error.Code);
        s_lab.AssertState(CrashLab.Target(disk), 3);
    }
}
