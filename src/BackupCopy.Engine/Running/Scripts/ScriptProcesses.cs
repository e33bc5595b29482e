using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using BackupCopy.Storage;

namespace BackupCopy.Running.Scripts;

/// <summary>
/// A script's process and everything that it started, also what left its group, lost its parent or became a
/// service: on Linux they are known by descent, by the script's own session and group, and by the variables
/// that the script was started with. Elsewhere by descent alone.
/// </summary>
/// <param name="root">The script; null for one that runs inside this process.</param>
/// <param name="marks">Variables ("NAME=value") that no other process was started with.</param>
internal sealed partial class ScriptProcesses(Process? root, IReadOnlyList<string> marks, TimeProvider time)
{
    private const int Terminate = 15;
    private const int Kill = 9;

    // Known from an earlier look: one whose parent has ended meanwhile cannot be told by descent any more.
    private readonly HashSet<(int Id, long StartTicks)> _ours = [];
    private readonly HashSet<(int Id, long StartTicks)> _foreign = [];
    private readonly byte[] _buffer = ProcessTable.NewBuffer();

    /// <summary>How long a process may take to end by itself once it was asked to.</summary>
    public static TimeSpan Grace { get; } = TimeSpan.FromSeconds(5);

    private static TimeSpan Look { get; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Asks all to end, and after a grace ends them.</summary>
    /// <returns>The processes that are still there: another user's, or stuck in the system.</returns>
    public async Task<IReadOnlyList<int>> EndAsync()
    {
        if (OperatingSystem.IsLinux())
        {
            await SignalAsync(Terminate);
            var left = await SignalAsync(Kill);
            EndRoot();
            return left;
        }

        EndRoot();
        return root is { HasExited: false } ? [root.Id] : [];
    }

    private async Task<IReadOnlyList<int>> SignalAsync(int signal)
    {
        var started = time.GetTimestamp();
        var asked = new HashSet<int>();
        while (true)
        {
            var found = Find();
            if (found.Count == 0 && IsNothingLeft())
            {
                return [];
            }

            var isNew = false;
            foreach (var id in found)
            {
                if (asked.Add(id))
                {
                    isNew = true;
                    _ = Send(id, signal);
                }
            }

            if (time.GetElapsedTime(started) >= Grace)
            {
                return found;
            }

            // What a new one has just started is looked for at once.
            if (!isNew)
            {
                await Task.Delay(Look, time);
            }
        }
    }

    // What is just being started by one that ends can be missed by one look.
    private bool IsNothingLeft() => Find().Count + Find().Count == 0;

    private List<int> Find()
    {
        var all = ProcessTable.Read();
        var found = all.Where(p => _ours.Contains(KeyOf(p)) || IsOfRoot(p) || IsMarked(p))
            .Select(p => p.Id).ToHashSet();
        for (var before = -1; before < found.Count;)
        {
            before = found.Count;
            found.UnionWith(all.Where(p => found.Contains(p.ParentId)).Select(p => p.Id));
        }

        found.Remove(Environment.ProcessId);
        _ours.UnionWith(all.Where(p => found.Contains(p.Id)).Select(KeyOf));
        return [.. found];
    }

    private bool IsMarked(ProcessEntry process)
    {
        if (_foreign.Contains(KeyOf(process)))
        {
            return false;
        }

        var isMarked = ProcessTable.StartedWith(process.Id, marks, _buffer);
        if (isMarked == false)
        {
            _foreign.Add(KeyOf(process));
        }

        return isMarked == true;
    }

    private static (int, long) KeyOf(ProcessEntry process) => (process.Id, process.StartTicks);

    // Once the script has ended, its number may be another's; as that of a group it is its own while one of
    // the group is left.
    private bool IsOfRoot(ProcessEntry process) => root is not null
        && (process.Id == root.Id ? !root.HasExited
            : process.GroupId == root.Id || process.SessionId == root.Id);

    private void EndRoot()
    {
        try
        {
            root?.Kill(entireProcessTree: true);
        }
        catch (Exception error) when (
            error is Win32Exception or AggregateException or InvalidOperationException)
        {
            // It ended meanwhile, or a part of it is another user's.
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Send(int id, int signal);
}
