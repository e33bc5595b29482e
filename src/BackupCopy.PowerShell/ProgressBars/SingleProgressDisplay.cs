using System.Management.Automation;
using BackupCopy.Running;

namespace BackupCopy.PowerShell.ProgressBars;

/// <summary>Shows the progress of work on a single machine in one record.</summary>
internal sealed class SingleProgressDisplay : IProgress<IReadOnlyList<MachineProgress>>
{
    private readonly Action<ProgressRecord> _show;
    private readonly Lock _gate = new();
    private readonly Rate _rate = new();

    public SingleProgressDisplay(Action<ProgressRecord> show) => _show = show;

    public void Report(IReadOnlyList<MachineProgress> value)
    {
        lock (_gate)
        {
            foreach (var machine in value)
            {
                _rate.Update(machine.DoneBytes, machine.Elapsed);
                var record = new ProgressRecord(
                    1, $"{machine.Activity}: {machine.Machine}",
                    Rate.Describe(machine.DoneBytes, machine.TotalBytes, _rate.BytesPerSecond));
                _show(Rate.Fill(record, machine.DoneBytes, machine.TotalBytes, _rate.BytesPerSecond));
            }
        }
    }
}
