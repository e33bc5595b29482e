using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using BackupCopy.Jobs;
using BackupCopy.Storage;

namespace BackupCopy.Running.Scripts;

/// <summary>How a script ended.</summary>
/// <param name="ExitCode">Null when its time was up.</param>
/// <param name="LeftProcesses">What could not be ended when its time was up.</param>
internal sealed record ScriptEnd(int? ExitCode, TimeSpan Took, IReadOnlyList<int> LeftProcesses);

/// <summary>
/// Runs one script to its end, and no longer than it may: directly and never through a shell, so that every
/// argument arrives as it was given. When its time is up, or when the user wants to stop, it is ended with
/// everything that it started. What it left running when it ended by itself stays: it may have been told to
/// start just that.
/// </summary>
/// <remarks>Its input is empty, and its folder is the current one.</remarks>
internal sealed class ScriptRunner(IStorage storage, TimeProvider time, ScriptHost? host, string searchPath)
{
    // The variables of a script inside this process are those of the process: one at a time.
    private static readonly SemaphoreSlim s_hosted = new(1);

    private readonly ScriptProgram _programs = new(storage, searchPath);

    /// <summary>How long what a script printed is waited for after its end.</summary>
    public static TimeSpan Drain { get; } = TimeSpan.FromSeconds(2);

    // The longest that a timer can wait, a little less.
    private static TimeSpan LongestTimeout { get; } = TimeSpan.FromDays(40);

    /// <exception cref="BackupCopyException">It cannot be started.</exception>
    /// <exception cref="OperationCanceledException">Stopped, and nothing of it runs any more.</exception>
    public async Task<ScriptEnd> RunAsync(
        JobScript script, JobScripts settings, ScriptVariables variables,
        ScriptOutput output, CancellationToken cancellation)
    {
        if (_programs.CommandOf(script) is { } command)
        {
            using var limit = NewLimit(settings);
            return await RunProcessAsync(script.Path, command, variables, output, limit.Token, cancellation);
        }

        if (host is null || !settings.AllowHosted)
        {
            throw new BackupCopyException(
                ErrorCode.ScriptHostMissing,
                $"The script {script.Path} needs pwsh, and there is none on the PATH of this process.",
                "Install PowerShell 7.6, or allow the script to run inside this process with "
                + "Set-BackupCopyJob -AllowHostedScript.");
        }

        await s_hosted.WaitAsync(cancellation);
        try
        {
            using var limit = NewLimit(settings);
            return await RunHostedAsync(host, script, variables, output, limit.Token, cancellation);
        }
        finally
        {
            s_hosted.Release();
        }
    }

    private CancellationTokenSource NewLimit(JobScripts settings) =>
        new(settings.Timeout < LongestTimeout ? settings.Timeout : LongestTimeout, time);

    private async Task<ScriptEnd> RunProcessAsync(
        string path, IReadOnlyList<string> command, ScriptVariables variables,
        ScriptOutput output, CancellationToken limit, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var started = time.GetTimestamp();
        using var process = Start(path, command, variables);
        using var broken = new CancellationTokenSource();
        using var leave = new CancellationTokenSource();
        var reading = Task.WhenAll(
            ReadAsync(process.StandardOutput, output, broken, leave.Token),
            ReadAsync(process.StandardError, output, broken, leave.Token));
        IReadOnlyList<int> left = [];
        var isOver = false;
        using (var any = CancellationTokenSource.CreateLinkedTokenSource(limit, cancellation, broken.Token))
        {
            try
            {
                await process.WaitForExitAsync(any.Token);
                isOver = true;
            }
            catch (OperationCanceledException)
            {
                left = await new ScriptProcesses(process, variables.Marks, time).EndAsync();
            }
        }

        var took = time.GetElapsedTime(started);
        await Task.WhenAny(reading, Task.Delay(Drain, time, CancellationToken.None));
        await leave.CancelAsync();
        await reading;
        if (!isOver)
        {
            cancellation.ThrowIfCancellationRequested();
        }

        return new ScriptEnd(isOver ? process.ExitCode : null, took, left);
    }

    private async Task<ScriptEnd> RunHostedAsync(
        ScriptHost host, JobScript script, ScriptVariables variables,
        ScriptOutput output, CancellationToken limit, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        using var any = CancellationTokenSource.CreateLinkedTokenSource(limit, cancellation);
        var call = new HostedScriptCall(script.Path, script.Arguments, variables.All, output.Add);
        var running = host(call, any.Token);
        try
        {
            // What does not let itself be stopped is left after a while.
            var stopped = Task.Delay(Timeout.InfiniteTimeSpan, time, any.Token);
            if (await Task.WhenAny(running, stopped) != running)
            {
                await Task.WhenAny(
                    running, Task.Delay(ScriptProcesses.Grace, time, CancellationToken.None));
            }

            if (running.IsCompleted)
            {
                return new ScriptEnd(await running, time.GetElapsedTime(started), []);
            }
        }
        catch (OperationCanceledException)
        {
            // Told below by whom.
        }

        finally
        {
            output.Close();
        }

        var took = time.GetElapsedTime(started);
        var left = await new ScriptProcesses(null, variables.Marks, time).EndAsync();
        cancellation.ThrowIfCancellationRequested();
        return new ScriptEnd(null, took, running.IsCompleted ? left : [Environment.ProcessId, .. left]);
    }

    private static async Task ReadAsync(
        StreamReader stream, ScriptOutput output, CancellationTokenSource broken, CancellationToken leave)
    {
        try
        {
            await output.ReadAsync(stream.BaseStream, stream.CurrentEncoding, leave);
        }
        catch
        {
            // A script whose output nobody takes would hang.
            await broken.CancelAsync();
            throw;
        }
    }

    private Process Start(
        string path, IReadOnlyList<string> command, ScriptVariables variables)
    {
        // A session of its own: Ctrl+C at a terminal reaches this process alone, and the script is ended as
        // a whole.
        IReadOnlyList<string> all = !OperatingSystem.IsWindows() && _programs.Find("setsid") is { } setsid
            ? [setsid, .. command] : command;
        var start = new ProcessStartInfo(all[0], all.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            CreateNoWindow = true,
            WorkingDirectory = Path.GetDirectoryName(path),
        };
        if (!OperatingSystem.IsWindows())
        {
            start.StandardOutputEncoding = start.StandardErrorEncoding = new UTF8Encoding(false);
        }

        foreach (var (name, value) in variables.All)
        {
            start.Environment[name] = value;
        }

        try
        {
            var process = Process.Start(start)!;
            process.StandardInput.Close();
            return process;
        }
        catch (Win32Exception error)
        {
            throw ScriptProgram.NotStartable(path, error.Message, error);
        }
    }
}
