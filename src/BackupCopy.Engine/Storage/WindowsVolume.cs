using System.Runtime.InteropServices;

namespace BackupCopy.Storage;

/// <summary>
/// What Windows tells of the volume below a folder, also below a UNC path, which has no drive.
/// </summary>
internal static partial class WindowsVolume
{
    public static long FreeBytes(string directory)
    {
        if (!GetDiskFreeSpaceEx(directory, out var free, out _, out _))
        {
            var code = Marshal.GetLastPInvokeError();
            throw new IOException(Marshal.GetPInvokeErrorMessage(code), unchecked((int)0x80070000) | code);
        }

        return (long)Math.Min(free, long.MaxValue);
    }

    [LibraryImport(
        "kernel32", EntryPoint = "GetDiskFreeSpaceExW", SetLastError = true,
        StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetDiskFreeSpaceEx(
        string directory, out ulong freeToCaller, out ulong total, out ulong free);
}
