using BackupCopy.Images.Wrapped;

namespace BackupCopy.Tests.Images.Wrapped;

public sealed class ZeroMapTests
{
    [Fact]
    public void It_stays_true_when_it_gets_coarser()
    {
        var map = new ZeroMap(mostPieces: 64);
        var zeros = new byte[1 << 20];
        var data = new byte[1 << 20];
        data[5] = 1;
        const long pieces = 300;
        long[] marked = [0, 77, 200, pieces - 1];
        for (long piece = 0, next = 0; piece < pieces; piece++)
        {
            var isMarked = next < marked.Length && marked[next] == piece;
            map.Add(isMarked ? data : zeros.AsSpan(0, 1 << 20));
            next += isMarked ? 1 : 0;
        }

        long at = 0;
        foreach (var piece in marked)
        {
            Assert.True(map.TryNextData(at, pieces << 20, out var start, out var end));
            Assert.InRange(piece << 20, start, end - 1);
            Assert.InRange(end - start, 1, 8 << 20);
            at = end;
        }

        Assert.False(map.TryNextData(at, pieces << 20, out _, out _));
    }
}
