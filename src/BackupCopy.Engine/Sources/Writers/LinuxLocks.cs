using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace BackupCopy.Sources.Writers;

/// <summary>
/// The ways in which Linux tells that somebody writes to a file. All numbers are those of 64-bit systems.
/// </summary>
internal static partial class LinuxLocks
{
    public const int WouldBlock = 11;

    private const int ReadOnly = 0;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const int LockShared = 1;
    private const int LockNonBlocking = 4;
    private const int LockRelease = 8;
    private const int SetSignal = 10;
    private const int GetOpenFileLock = 36;
    private const int SetLease = 1024;
    private const short ReadLock = 0;
    private const short WriteLock = 1;
    private const short NoLock = 2;
    private const int UrgentSignal = 23;

    // QEMU shows what it does to an image by shared locks on single bytes. Readers have the first one; the
    // next three mean writing, writing what is there already, and resizing.
    private const int QemuFirst = 100;
    private const int QemuWriting = 101;
    private const int QemuBytes = 3;

    /// <summary>Opens for reading without waiting, as a pipe or somebody's lease would make it.</summary>
    /// <returns>An invalid handle, with the number of the error in Marshal, when that fails.</returns>
    public static SafeFileHandle Open(string path) => Open(path, ReadOnly | NonBlocking | CloseOnExec);

    /// <summary>Whether somebody has locked the whole file, as .NET and flock(1) do.</summary>
    public static bool IsLocked(SafeFileHandle file)
    {
        if (Flock(file, LockShared | LockNonBlocking) == 0)
        {
            _ = Flock(file, LockRelease);
            return false;
        }

        return Marshal.GetLastPInvokeError() == WouldBlock;
    }

    /// <summary>Whether somebody holds a lock for writing on any range of the file.</summary>
    public static bool HasRangeLock(SafeFileHandle file)
    {
        var any = new Range { Type = ReadLock };
        if (Control(file, GetOpenFileLock, ref any) == 0 && any.Type == WriteLock)
        {
            return true;
        }

        var qemu = new Range { Type = WriteLock, Start = QemuWriting, Length = QemuBytes };
        return Control(file, GetOpenFileLock, ref qemu) == 0 && qemu.Type != NoLock
            && qemu.Start >= QemuFirst;
    }

    /// <summary>
    /// Whether nobody has the file open for writing: only then does the kernel grant a lease for reading.
    /// Null where it may not be asked: the file is somebody else's, or the file system has no leases.
    /// </summary>
    public static bool? HasNoWriter(SafeFileHandle file)
    {
        // A writer that comes now breaks the lease by a signal. The usual one, SIGIO, ends the process; this
        // one is ignored. Without that no lease is taken.
        if (Control(file, SetSignal, UrgentSignal) != 0)
        {
            return null;
        }

        if (Control(file, SetLease, ReadLock) == 0)
        {
            // At once: whoever opens the file for writing waits until then.
            _ = Control(file, SetLease, NoLock);
            return true;
        }

        return Marshal.GetLastPInvokeError() == WouldBlock ? false : null;
    }

    [LibraryImport(
        "libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Flock(SafeFileHandle file, int operation);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(SafeFileHandle file, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(SafeFileHandle file, int command, ref Range range);

    /// <summary>struct flock: a length of 0 is up to the end; a question names no process.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Range
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Length;
        public int ProcessId;
    }
}
