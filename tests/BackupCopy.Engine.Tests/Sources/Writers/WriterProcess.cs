using System.Diagnostics;

namespace BackupCopy.Tests.Sources.Writers;

/// <summary>Another process that writes to a file as it is told.</summary>
internal sealed class WriterProcess : IDisposable
{
    private readonly Process _process;

    public WriterProcess(string path) => _process = ChildProcess.Start("write", path);

    public string Name => $"{_process.ProcessName} (process {_process.Id})";

    /// <summary>Returns when it has done all of it.</summary>
    public WriterProcess Do(params string[] commands)
    {
        foreach (var command in commands)
        {
            _process.StandardInput.WriteLine(command);
            _process.StandardInput.Flush();
            Assert.Equal("done", _process.StandardOutput.ReadLine());
        }

        return this;
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
