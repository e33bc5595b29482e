using BackupCopy.Jobs;

namespace BackupCopy.Running.Phases;

// How the machines stand. Tasks end, and are done, while the loop looks.
internal sealed partial class SynchronizingPhase
{
    private bool IsAnyRunning
    {
        get
        {
            lock (_gate)
            {
                return _tasks.Values.Any(t => t.Record.EndUtc is null)
                    || _repairs.Values.Any(r => r is { IsDone: false });
            }
        }
    }

    private bool IsDone(Guid machineId)
    {
        lock (_gate)
        {
            return _done.Contains(machineId);
        }
    }

    private void SetDone(Guid machineId)
    {
        lock (_gate)
        {
            _done.Add(machineId);
        }
    }

    private bool IsBusy(Guid machineId)
    {
        lock (_gate)
        {
            return _tasks.TryGetValue(machineId, out var task) && task.Record.EndUtc is null;
        }
    }

    private MachineTask? Failed(Guid machineId)
    {
        lock (_gate)
        {
            return _tasks.GetValueOrDefault(machineId);
        }
    }

    private static bool IsSame(CandidatePoint one, CandidatePoint other) =>
        one.RepositoryId == other.RepositoryId && one.ChainPath == other.ChainPath
        && one.Sequence == other.Sequence;
}
