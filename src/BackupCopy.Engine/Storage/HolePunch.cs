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

    public static bool IsSupported => OperatingSystem.IsLinux() || OperatingSystem.IsWindows();

    public static void Punch(SafeFileHandle file, long offset, long length)
    {
        if (OperatingSystem.IsLinux())
        {
            if (Posix.Allocate(file, PunchHole | KeepSize, offset, length) != 0)
            {
                throw Posix.Failure("fallocate");
            }
        }
        else if (OperatingSystem.IsWindows())
        {
            Span<byte> range = stackalloc byte[16];
            BinaryPrimitives.WriteInt64LittleEndian(range, offset);
            BinaryPrimitives.WriteInt64LittleEndian(range[8..], offset + length);
            Control(file, FsctlSetSparse, []);
            Control(file, FsctlSetZeroData, range);
        }
        else
        {
            throw new IOException("This system offers no hole punching.");
        }
    }

    /// <summary>
    /// Asks Windows not to allocate what is not written; a volume that cannot allocates, which is only
    /// slower.
    /// </summary>
    public static void MakeSparse(SafeFileHandle file) =>
        _ = DeviceIoControl(file, FsctlSetSparse, [], 0, 0, 0, out _, 0);

    private static void Control(SafeFileHandle file, uint code, ReadOnlySpan<byte> input)
    {
        if (!DeviceIoControl(file, code, input, input.Length, 0, 0, out _, 0))
        {
            throw new IOException(
                Marshal.GetLastPInvokeErrorMessage(),
                unchecked((int)0x80070000) | Marshal.GetLastPInvokeError());
        }
    }

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool DeviceIoControl(
        SafeFileHandle file, uint code, ReadOnlySpan<byte> input, int inputLength, nint output,
        int outputLength, out int returned, nint overlapped);
}
