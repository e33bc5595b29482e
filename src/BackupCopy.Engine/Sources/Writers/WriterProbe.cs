using System.Runtime.InteropServices;
using BackupCopy.Images;
using BackupCopy.Storage;

namespace BackupCopy.Sources.Writers;

/// <summary>What the system says of those who write to a file.</summary>
internal enum WriterAnswer
{
    /// <summary>It is not there.</summary>
    Gone,

    /// <summary>Somebody locks it, or has it open for writing.</summary>
    Busy,

    /// <summary>Nobody has it open for writing.</summary>
    NoWriter,

    /// <summary>No lock is seen, and nobody can say whether it is open for writing.</summary>
    Unknown,
}

/// <summary>
/// Asks the system whether a file is being written: locks on the whole file, locks on ranges, and on local
/// file systems of Linux a lease, which is refused while anybody has the file open for writing. On Windows a
/// writer that does not share shows itself by a sharing violation. Of what happens on the other side of a
/// share the system knows nothing. The file is opened for reading for an instant, and never changed.
/// </summary>
/// <param name="isShared">Whether other hosts may write to the files of a folder.</param>
internal sealed class WriterProbe(Func<string, bool>? isShared = null)
{
    private readonly Func<string, bool> _isShared = isShared ?? LocalStorage.Instance.IsShared;

    // By device: a folder may be mounted over at any time.
    private readonly Dictionary<ulong, bool> _shared = [];

    public WriterAnswer Ask(string path, FileIdentity file) =>
        OperatingSystem.IsLinux() && Environment.Is64BitProcess ? AskLinux(path, file) : AskOther(path, file);

    private WriterAnswer AskLinux(string path, FileIdentity file)
    {
        using var handle = LinuxLocks.Open(path);
        if (handle.IsInvalid)
        {
            const int missing = 2;
            return Marshal.GetLastPInvokeError() switch
            {
                missing => WriterAnswer.Gone,
                LinuxLocks.WouldBlock => WriterAnswer.Busy,
                _ => WriterAnswer.Unknown,
            };
        }

        if (LinuxLocks.IsLocked(handle) || LinuxLocks.HasRangeLock(handle))
        {
            return WriterAnswer.Busy;
        }

        return IsShared(path, file) ? WriterAnswer.Unknown : LinuxLocks.HasNoWriter(handle) switch
        {
            true => WriterAnswer.NoWriter,
            false => WriterAnswer.Busy,
            null => WriterAnswer.Unknown,
        };
    }

    private WriterAnswer AskOther(string path, FileIdentity file)
    {
        try
        {
            using var stream = new FileStream(
                path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
            return OperatingSystem.IsWindows() && !IsShared(path, file)
                ? WriterAnswer.NoWriter : WriterAnswer.Unknown;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return WriterAnswer.Gone;
        }
        catch (IOException error) when (IsBusy(error))
        {
            return WriterAnswer.Busy;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return WriterAnswer.Unknown;
        }
    }

    // EWOULDBLOCK of flock on Linux and macOS; sharing and lock violations on Windows.
    private static bool IsBusy(IOException error) =>
        error.HResult is LinuxLocks.WouldBlock or 35
            or unchecked((int)0x80070020) or unchecked((int)0x80070021);

    private bool IsShared(string path, FileIdentity file)
    {
        var folder = Path.GetDirectoryName(path)!;
        if (file.Device == 0)
        {
            return _isShared(folder);
        }

        lock (_shared)
        {
            if (!_shared.TryGetValue(file.Device, out var shared))
            {
                _shared.Add(file.Device, shared = _isShared(folder));
            }

            return shared;
        }
    }
}
