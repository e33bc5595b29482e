using System.Management.Automation;
using BackupCopy.Running;

namespace BackupCopy.PowerShell.ProgressBars;

/// <summary>
/// Turns what the engine says of running machines into progress records: one for all, and below it one for
/// each machine, which goes when the machine is done. Called in the engine's order, unlike
/// <see cref="System.Progress{T}"/>, which would let an older state overtake a newer one.
/// </summary>
internal sealed class MachineProgressDisplay : IProgress<IReadOnlyList<MachineProgress>>
{
    private const int ParentId = 1;

    private readonly string _activity;
    private readonly Action<ProgressRecord> _show;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Row> _rows = new(StringComparer.OrdinalIgnoreCase);

    public MachineProgressDisplay(string activity, Action<ProgressRecord> show)
    {
        _activity = activity;
        _show = show;
    }

    public void Report(IReadOnlyList<MachineProgress> value)
    {
        lock (_gate)
        {
            foreach (var gone in _rows.Values.Where(row => row.IsRunning).ExceptBy(
                value.Select(machine => machine.Machine), row => row.State.Machine).ToList())
            {
                gone.IsRunning = false;
                _show(new ProgressRecord(gone.Id, gone.State.Machine, "Done")
                {
                    RecordType = ProgressRecordType.Completed,
                    ParentActivityId = ParentId,
                });
            }

            foreach (var machine in value)
            {
                _show(Update(machine).ToRecord(ParentId));
            }

            if (_rows.Count > 0)
            {
                _show(InAll());
            }
        }
    }

    private Row Update(MachineProgress machine)
    {
        if (!_rows.TryGetValue(machine.Machine, out var row))
        {
            row = new Row(ParentId + 1 + _rows.Count, machine);
            _rows.Add(machine.Machine, row);
        }

        row.Update(machine);
        return row;
    }

    private ProgressRecord InAll()
    {
        var running = _rows.Values.Where(row => row.IsRunning).ToList();
        var done = _rows.Values.Sum(row => row.DoneBytes);
        var total = _rows.Values.Sum(row => row.State.TotalBytes);
        var rate = running.Sum(row => row.Rate.BytesPerSecond);
        var machines = _rows.Count == 1
            ? "1 machine"
            : $"{_rows.Count} machines, {_rows.Count - running.Count} done";
        return Rate.Fill(
            new ProgressRecord(ParentId, _activity, $"{machines}: {Rate.Describe(done, total, rate)}"),
            done, total, rate);
    }

    private sealed class Row(int id, MachineProgress first)
    {
        public int Id { get; } = id;

        public MachineProgress State { get; private set; } = first;

        public bool IsRunning { get; set; } = true;

        public Rate Rate { get; } = new();

        /// <summary>A machine that is gone counts as done, whatever it said last.</summary>
        public long DoneBytes => IsRunning ? State.DoneBytes : State.TotalBytes;

        public void Update(MachineProgress machine)
        {
            State = machine;
            IsRunning = true;
            Rate.Update(machine.DoneBytes, machine.Elapsed);
        }

        public ProgressRecord ToRecord(int parent)
        {
            var (done, total) = (State.DoneBytes, State.TotalBytes);
            var text = total == 0 && done == 0
                ? State.Activity
                : $"{State.Activity}: {Rate.Describe(done, total, Rate.BytesPerSecond)}";
            var record = new ProgressRecord(Id, State.Machine, text) { ParentActivityId = parent };
            return Rate.Fill(record, done, total, Rate.BytesPerSecond);
        }
    }
}
