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

    /// <summary>How long a process may take to end by itself once it was asked to.</summary>
    public static TimeSpan Grace { get; } = TimeSpan.FromSeconds(5);

    private static TimeSpan Look { get; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Asks all to end, and after a grace ends them.</summary>
    /// <returns>The processes that are still there: another user's, or stuck in the system.</returns>
    public async Task<IReadOnlyList<int>> EndAsync()
    {
        if (OperatingSystem.IsLinux())
        {
            // What a process starts while it is looked for is found by the next look.
            await SignalAsync(Terminate, repeat: false);
            var left = await SignalAsync(Kill, repeat: true);
            EndRoot();
            return left;
        }

        EndRoot();
        return root is { HasExited: false } ? [root.Id] : [];
    }

    private async Task<IReadOnlyList<int>> SignalAsync(int signal, bool repeat)
    {
        var started = time.GetTimestamp();
        var found = Find();
        var asked = new HashSet<int>();
        while (found.Count > 0 && time.GetElapsedTime(started) < Grace)
        {
            foreach (var id in found)
            {
                if (asked.Add(id) || repeat)
                {
                    _ = Send(id, signal);
                }
            }

            await Task.Delay(Look, time);
            found = Find();
        }

        return found;
    }

    private List<int> Find()
    {
        var all = ProcessTable.Read();
        var buffer = ProcessTable.NewBuffer();
        var ours = new HashSet<int>(all
            .Where(p => IsOfRoot(p) || ProcessTable.StartedWith(p.Id, marks, buffer))
            .Select(p => p.Id));
        for (var before = -1; before < ours.Count;)
        {
            before = ours.Count;
            ours.UnionWith(all.Where(p => ours.Contains(p.ParentId)).Select(p => p.Id));
        }

        ours.Remove(Environment.ProcessId);
        return [.. ours];
    }

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
