namespace BackupCopy.Tests;

public sealed class OrderedWorkersTests
{
    [Fact]
    public async Task Pieces_are_committed_in_the_order_they_were_handed_out()
    {
        var random = new Random(1);
        var next = 0;
        var committed = new List<int>();
        var written = 0;
        await new OrderedWorkers<Piece>
        {
            Create = () => new Piece(),
            Next = piece => (piece.Number = next++) < 500,
            Prepare = piece => Thread.SpinWait(random.Next(2000)),
            Commit = piece => committed.Add(piece.Number),
            Write = _ => Interlocked.Increment(ref written),
        }.RunAsync(4, default);
        Assert.Equal(Enumerable.Range(0, 500), committed);
        Assert.Equal(500, written);
    }

    [Theory]
    [InlineData("next")]
    [InlineData("prepare")]
    [InlineData("commit")]
    [InlineData("write")]
    public async Task The_first_error_ends_all_workers_and_is_thrown(string where)
    {
        var next = 0;
        void Fail(string at, Piece piece)
        {
            if (at == where && piece.Number == 20)
            {
                throw new InvalidDataException(at);
            }
        }

        var workers = new OrderedWorkers<Piece>
        {
            Create = () => new Piece(),
            Next = piece =>
            {
                piece.Number = next++;
                Fail("next", piece);
                return piece.Number < 1_000_000;
            },
            Prepare = piece => Fail("prepare", piece),
            Commit = piece => Fail("commit", piece),
            Write = piece => Fail("write", piece),
        };
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => workers.RunAsync(4, default));
        Assert.Equal(where, error.Message);
        Assert.InRange(next, 20, 1000);
    }

    [Fact]
    public async Task Cancelling_finishes_what_is_in_hand()
    {
        using var stop = new CancellationTokenSource();
        var next = 0;
        var committed = 0;
        var written = 0;
        var workers = new OrderedWorkers<Piece>
        {
            Create = () => new Piece(),
            Next = piece =>
            {
                if (++next == 50)
                {
                    stop.Cancel();
                }

                return true;
            },
            Prepare = _ => { },
            Commit = _ => committed++,
            Write = _ => Interlocked.Increment(ref written),
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => workers.RunAsync(3, stop.Token));
        Assert.Equal(50, next);
        Assert.Equal(50, committed);
        Assert.Equal(50, written);
    }

    private sealed class Piece : IDisposable
    {
        public int Number { get; set; }

        public void Dispose()
        {
        }
    }
}
