using BackupCopy.Format;

namespace BackupCopy.Tests.Format;

public sealed class IndexFileTests
{
    [Fact]
    public void An_index_has_its_golden_bytes()
    {
        Golden.Equal("index", Known.IndexBytes());

        var index = IndexFile.Read(Golden.Bytes("index"), "index");

        Assert.Equal((12u, 2u, 16384L, 3), (index.Number, index.Generation, index.SealedLength, index.Count));
        Assert.Equal(Known.DataFileId, index.FileId);
        Assert.Equal(Known.Places, new[] { index[0], index[1], index[2] });
        Assert.True(index[1].IsReleased);
        Assert.False(index[2].IsReleased);
    }

    [Fact]
    public void Released_records_leave_the_others_where_they_are()
    {
        var index = IndexFile.Read(Known.IndexBytes(), "index");

        var next = IndexFile.Read(index.Without([2]), "index");

        Assert.Equal(index.Generation + 1, next.Generation);
        Assert.Equal(
            (index.Number, index.FileId, index.SealedLength, index.Count),
            (next.Number, next.FileId, next.SealedLength, next.Count));
        Assert.Equal(index[0], next[0]);
        Assert.Equal([false, true, true], Enumerable.Range(0, 3).Select(r => next[(uint)r].IsReleased));
        Assert.False(index[2].IsReleased);
    }

    [Fact]
    public void An_index_without_records_is_valid() =>
        Assert.Equal(0, IndexFile.Read(IndexFile.Write(1, 1, Known.DataFileId, 64, []), "index").Count);

    [Theory]
    [InlineData(4096, -1L)]
    [InlineData(4096, long.MaxValue)]
    [InlineData(-1, 0L)]
    [InlineData(int.MaxValue, 0L)]
    public void A_place_outside_of_any_file_is_refused(int slotLength, long offset)
    {
        var bytes = IndexFile.Write(1, 1, Known.DataFileId, 64, [new RecordPlace(1, slotLength, offset)]);

        var error = Assert.Throws<BackupCopyException>(() => IndexFile.Read(bytes, "index"));

        Assert.Equal(ErrorCode.DamagedFile, error.Code);
    }
}
