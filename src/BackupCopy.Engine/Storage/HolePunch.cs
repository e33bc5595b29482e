using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace BackupCopy.Storage;

/// <summary>
/// Gives a range of a file back to the file system: fallocate on Linux, FSCTL_SET_ZERO_DATA on Windows.
/// </summary>
internal static partial class HolePunch
{
    private const int KeepSize = 1;
    private const int PunchHole = 2;
    private const uint FsctlSetSparse = 0x900c4;
    private const uint FsctlSetZeroData = 0x980c8;
    private const int InvalidFunction = 1;
    private const int NotSupported = 50;

    /// <summary>False where the system or the file system does not punch.</summary>
    public static bool TryPunch(SafeFileHandle file, long offset, long length)
    {
        if (OperatingSystem.IsLinux())
        {
            while (Posix.Allocate(file, PunchHole | KeepSize, offset, length) != 0)
            {
                if (!Posix.IsInterrupted)
                {
                    return Posix.IsUnsupported ? false : throw Posix.Failure("fallocate");
                }
            }

            return true;
        }

        if (!OperatingSystem.IsWindows())
        {
            return false;
        }

        Span<byte> range = stackalloc byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(range, offset);
        BinaryPrimitives.WriteInt64LittleEndian(range[8..], offset + length);
        return TryControl(file, FsctlSetSparse, []) && TryControl(file, FsctlSetZeroData, range);
    }

    /// <summary>
    /// Asks Windows not to allocate what is not written; a volume that cannot allocates, which is only
    /// slower.
    /// </summary>
    public static void MakeSparse(SafeFileHandle file) =>
        _ = DeviceIoControl(file, FsctlSetSparse, [], 0, 0, 0, out _, 0);

    private static bool TryControl(SafeFileHandle file, uint code, ReadOnlySpan<byte> input)
    {
        if (DeviceIoControl(file, code, input, input.Length, 0, 0, out _, 0))
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error is InvalidFunction or NotSupported
            ? false
            : throw new IOException(Marshal.GetLastPInvokeErrorMessage(), unchecked((int)0x80070000) | error);
    }

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool DeviceIoControl(
        SafeFileHandle file, uint code, ReadOnlySpan<byte> input, int inputLength, nint output,
        int outputLength, out int returned, nint overlapped);
}
