using BackupCopy.Format;

namespace BackupCopy.Tests.Format;

public sealed class BlockFileHeaderTests
{
    [Fact]
    public void A_header_has_its_golden_bytes()
    {
        Golden.Equal("block-file-header", Known.BlockFileHeaderBytes(Known.BlockFileHeader));

        Assert.Equal(Known.BlockFileHeader, BlockFileHeader.Read(Golden.Bytes("block-file-header"), "file"));
    }

    [Theory]
    [InlineData(BlockFileKind.Data, 64)]
    [InlineData(BlockFileKind.Map, 4096)]
    [InlineData(BlockFileKind.Map, 65536)]
    internal void Kinds_and_alignments_come_back(BlockFileKind kind, int alignment)
    {
        var header = Known.BlockFileHeader with { Kind = kind, Alignment = alignment };

        Assert.Equal(header, BlockFileHeader.Read(Known.BlockFileHeaderBytes(header), "file"));
    }

    [Theory]
    [InlineData((BlockFileKind)0, 64)]
    [InlineData((BlockFileKind)3, 64)]
    [InlineData(BlockFileKind.Data, 32)]
    [InlineData(BlockFileKind.Data, 131072)]
    internal void Others_are_refused(BlockFileKind kind, int alignment)
    {
        var header = Known.BlockFileHeader with { Kind = kind, Alignment = alignment };

        var error = Assert.Throws<BackupCopyException>(
            () => BlockFileHeader.Read(Known.BlockFileHeaderBytes(header), "file"));

        Assert.Equal(ErrorCode.DamagedFile, error.Code);
    }
}
