using System.Runtime.InteropServices;

namespace BackupCopy.Storage;

/// <summary>
/// The space that a file takes: statx on Linux, GetCompressedFileSize on Windows. A file with holes takes
/// less than it is long.
/// </summary>
internal static partial class AllocatedSpace
{
    private const int CurrentDirectory = -100;
    private const uint Blocks = 0x400;
    private const int StatxBytes = 256;
    private const int BlocksOffset = 48;
    private const long BlockBytes = 512;
    private const uint InvalidSize = uint.MaxValue;

    /// <summary>Null where the system or the file system does not tell.</summary>
    public static long? Of(string path)
    {
        try
        {
            return OperatingSystem.IsLinux() ? OfLinux(path)
                : OperatingSystem.IsWindows() ? OfWindows(path)
                : null;
        }
        catch (Exception error) when (error is EntryPointNotFoundException or DllNotFoundException)
        {
            // A libc from before statx.
            return null;
        }
    }

    private static long? OfLinux(string path)
    {
        Span<byte> told = stackalloc byte[StatxBytes];
        if (Statx(CurrentDirectory, path, 0, Blocks, told) != 0)
        {
            return null;
        }

        // The mask says which fields the file system filled.
        return (MemoryMarshal.Read<uint>(told) & Blocks) == 0
            ? null : MemoryMarshal.Read<long>(told[BlocksOffset..]) * BlockBytes;
    }

    private static long? OfWindows(string path)
    {
        var low = GetCompressedFileSize(path, out var high);
        return low == InvalidSize && Marshal.GetLastPInvokeError() != 0 ? null : ((long)high << 32) | low;
    }

    [LibraryImport(
        "libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int directory, string path, int flags, uint mask, Span<byte> told);

    [LibraryImport(
        "kernel32", EntryPoint = "GetCompressedFileSizeW", SetLastError = true,
        StringMarshalling = StringMarshalling.Utf16)]
    private static partial uint GetCompressedFileSize(string path, out uint high);
}
