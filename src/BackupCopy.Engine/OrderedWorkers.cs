using System.Runtime.ExceptionServices;

namespace BackupCopy;

/// <summary>
/// Some workers, each with one piece of work in its own buffers: pieces are handed out in order, made ready
/// side by side, committed in the order they were handed out, and written side by side. Reads, CPU and writes
/// overlap without queues, and memory is workers × buffers (I-6). The first error ends all; cancelling hands
/// out no more pieces and lets those in hand finish, so nothing that was read is thrown away. At any moment
/// at most as many pieces as workers are committed and not yet written: the most that a crash can cost.
/// </summary>
/// <typeparam name="TWork">One worker's buffers.</typeparam>
internal sealed class OrderedWorkers<TWork>
    where TWork : class, IDisposable
{
    private readonly Lock _handOut = new();
    private readonly object _order = new();
    private readonly HashSet<long> _writtenAhead = [];
    private int _workers;
    private long _handedOut;
    private long _committed;
    private long _written;
    private ExceptionDispatchInfo? _failure;

    /// <summary>Makes a worker's buffers.</summary>
    public required Func<TWork> Create { get; init; }

    /// <summary>Fills in the next piece of work; false when there is none. One thread at a time.</summary>
    public required Func<TWork, bool> Next { get; init; }

    /// <summary>Reads and computes. Many threads.</summary>
    public required Action<TWork> Prepare { get; init; }

    /// <summary>Takes effect in order. One thread at a time.</summary>
    public required Action<TWork> Commit { get; init; }

    /// <summary>Writes what was committed. Many threads.</summary>
    public required Action<TWork> Write { get; init; }

    public async Task RunAsync(int workers, CancellationToken cancellation)
    {
        _workers = workers;

        // Blocking file IO gets threads of its own: the pool is for work that does not block.
        var running = Enumerable.Range(0, workers).Select(_ => Task.Factory.StartNew(
            () => Work(cancellation), CancellationToken.None, TaskCreationOptions.LongRunning,
            TaskScheduler.Default));
        await Task.WhenAll([.. running]);
        _failure?.Throw();
        cancellation.ThrowIfCancellationRequested();
    }

    private void Work(CancellationToken cancellation)
    {
        try
        {
            using var work = Create();
            while (TryTake(work, cancellation, out var ticket))
            {
                Prepare(work);
                if (!CommitInTurn(work, ticket))
                {
                    return;
                }

                Write(work);
                Written(ticket);
            }
        }
        catch (Exception error)
        {
            Fail(error);
        }
    }

    private bool TryTake(TWork work, CancellationToken cancellation, out long ticket)
    {
        lock (_handOut)
        {
            ticket = _handedOut;
            if (_failure is not null || cancellation.IsCancellationRequested || !Next(work))
            {
                return false;
            }

            _handedOut++;
            return true;
        }
    }

    private bool CommitInTurn(TWork work, long ticket)
    {
        lock (_order)
        {
            while ((_committed != ticket || ticket - _written >= _workers) && _failure is null)
            {
                Monitor.Wait(_order);
            }

            if (_failure is not null)
            {
                return false;
            }

            Commit(work);
            _committed++;
            Monitor.PulseAll(_order);
            return true;
        }
    }

    private void Written(long ticket)
    {
        lock (_order)
        {
            _writtenAhead.Add(ticket);
            while (_writtenAhead.Remove(_written))
            {
                _written++;
            }

            Monitor.PulseAll(_order);
        }
    }

    private void Fail(Exception error)
    {
        lock (_order)
        {
            _failure ??= ExceptionDispatchInfo.Capture(error);
            Monitor.PulseAll(_order);
        }
    }
}
