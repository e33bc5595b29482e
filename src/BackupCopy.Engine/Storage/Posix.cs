using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace BackupCopy.Storage;

/// <summary>The calls of libc that .NET does not offer.</summary>
internal static partial class Posix
{
    private const int ReadOnly = 0;
    private const int ReadWrite = 2;
    private const int AppendLinux = 0x400;
    private const int AppendMac = 0x8;
    private const int CloseOnExecLinux = 0x80000;
    private const int CloseOnExecMac = 0x1000000;
    private const int SyncFileRangeWrite = 2;
    private const int Interrupted = 4;
    private const int InvalidArgument = 22;
    private const int NotImplemented = 38;
    private const int NotSupported = 95;

    public static void FlushDirectory(string path)
    {
        var descriptor = Open(path, ReadOnly);
        if (descriptor < 0)
        {
            throw Failure(path);
        }

        try
        {
            int result;
            do
            {
                result = Sync(descriptor);
            }
            while (result != 0 && Marshal.GetLastPInvokeError() == Interrupted);

            // Some network and FUSE file systems refuse fsync on a directory with EINVAL; they order names
            // themselves.
            if (result != 0 && Marshal.GetLastPInvokeError() != InvalidArgument)
            {
                throw Failure(path);
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    /// <summary>Opens an existing file for adding at its end, and reading.</summary>
    public static SafeFileHandle OpenToAppend(string path)
    {
        var flags = OperatingSystem.IsMacOS()
            ? ReadWrite | AppendMac | CloseOnExecMac : ReadWrite | AppendLinux | CloseOnExecLinux;
        var descriptor = Open(path, flags);
        return descriptor < 0 ? throw Failure(path) : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>One write; of a file opened for appending it lands behind all others', whole.</summary>
    /// <returns>How many bytes were written.</returns>
    public static int Append(SafeFileHandle file, ReadOnlySpan<byte> bytes, string path)
    {
        nint written;
        do
        {
            written = Write(file, bytes, (nuint)bytes.Length);
        }
        while (written < 0 && IsInterrupted);

        return written < 0 ? throw Failure(path) : (int)written;
    }

    public static void StartWriteback(SafeFileHandle file, long offset, long length) =>
        _ = SyncFileRange(file, offset, length, SyncFileRangeWrite);

    /// <summary>Whether the last call failed because the kernel or the file system does not do it.</summary>
    public static bool IsUnsupported =>
        Marshal.GetLastPInvokeError() is NotImplemented or NotSupported;

    /// <summary>Whether a signal came before the last call had done anything; it is made again.</summary>
    public static bool IsInterrupted => Marshal.GetLastPInvokeError() == Interrupted;

    public static IOException Failure(string path)
    {
        var number = Marshal.GetLastPInvokeError();
        return new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(number)}", number);
    }

    [LibraryImport(
        "libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(SafeFileHandle descriptor, ReadOnlySpan<byte> bytes, nuint count);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "sync_file_range", SetLastError = true)]
    private static partial int SyncFileRange(SafeFileHandle descriptor, long offset, long length, uint flags);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    public static partial int Allocate(SafeFileHandle descriptor, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    public static partial long Seek(SafeFileHandle descriptor, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Control(SafeFileHandle descriptor, nuint request, in CloneRange argument);

    /// <summary>The argument of FICLONERANGE.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct CloneRange
    {
        public long SourceDescriptor;
        public ulong SourceOffset;
        public ulong SourceLength;
        public ulong TargetOffset;
    }
}
