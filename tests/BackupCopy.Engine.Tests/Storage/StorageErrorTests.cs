using BackupCopy.Storage;

namespace BackupCopy.Tests.Storage;

public sealed class StorageErrorTests
{
    public static TheoryData<Exception, ErrorCode> Causes => new()
    {
        { new FileNotFoundException(), ErrorCode.MissingFile },
        { new DirectoryNotFoundException(), ErrorCode.MissingFile },
        { new IOException("ENOENT", 2), ErrorCode.MissingFile },
        { new IOException("ENOSPC", 28), ErrorCode.TargetFull },
        { new IOException("EDQUOT", 122), ErrorCode.TargetFull },
        { new IOException("disk full", unchecked((int)0x80070070)), ErrorCode.TargetFull },
        { new IOException("handle disk full", unchecked((int)0x80070027)), ErrorCode.TargetFull },
        { new IOException("EROFS", 30), ErrorCode.RepositoryReadOnly },
        { new IOException("write protect", unchecked((int)0x80070013)), ErrorCode.RepositoryReadOnly },
        { new UnauthorizedAccessException(), ErrorCode.StorageError },
        { new IOException("EINVAL", 22), ErrorCode.StorageError },
        { new IOException("EIO", 5), ErrorCode.ConnectionLost },
        { new IOException("ENODEV", 19), ErrorCode.ConnectionLost },
        { new IOException("network name deleted", unchecked((int)0x80070040)), ErrorCode.ConnectionLost },
        { new IOException("bad net path", unchecked((int)0x80070035)), ErrorCode.ConnectionLost },
        { new IOException("unexpected network error", unchecked((int)0x8007003B)), ErrorCode.ConnectionLost },
        { new IOException("semaphore timeout", unchecked((int)0x80070079)), ErrorCode.ConnectionLost },
        { new IOException("not connected", unchecked((int)0x8007048F)), ErrorCode.ConnectionLost },
    };

    [Theory]
    [MemberData(nameof(Causes), DisableDiscoveryEnumeration = true)]
    public void Each_cause_has_its_code_and_names_the_file(Exception cause, ErrorCode code)
    {
        var error = StorageError.From(cause, "/mnt/backup/a");

        Assert.Equal(code, error.Code);
        Assert.Same(cause, error.InnerException);
        Assert.Contains("/mnt/backup/a", error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(error.Remedy);
    }
}
