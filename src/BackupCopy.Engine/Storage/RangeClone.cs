using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace BackupCopy.Storage;

/// <summary>
/// Lets two files of one volume share the extents of a range until one of them changes it: FICLONERANGE on
/// Linux (XFS, btrfs), FSCTL_DUPLICATE_EXTENTS_TO_FILE on Windows (ReFS; written by its documentation and
/// never run). The system refuses offsets and lengths that are not whole clusters.
/// </summary>
internal static partial class RangeClone
{
    private const nuint CloneRangeRequest = 0x4020940d;
    private const uint FsctlDuplicateExtents = 0x98344;
    private const int Interrupted = 4;

    // The documentation asks for less than 4 GiB a call.
    private const long MostWindowsBytes = 1L << 30;

    /// <returns>False where this system or this pair of files cannot.</returns>
    /// <exception cref="IOException">The storage failed.</exception>
    public static bool Try(
        SafeFileHandle from, long fromOffset, SafeFileHandle to, long offset, long length)
    {
        if (length <= 0)
        {
            // Linux would take zero for "up to the end".
            throw new ArgumentException($"A range of {length} bytes.", nameof(length));
        }

        var isHeld = false;
        try
        {
            from.DangerousAddRef(ref isHeld);
            return OperatingSystem.IsLinux() ? TryLinux(from, fromOffset, to, offset, length)
                : OperatingSystem.IsWindows() && TryWindows(from, fromOffset, to, offset, length);
        }
        finally
        {
            if (isHeld)
            {
                from.DangerousRelease();
            }
        }
    }

    private static bool TryLinux(
        SafeFileHandle from, long fromOffset, SafeFileHandle to, long offset, long length)
    {
        var range = new Posix.CloneRange
        {
            SourceDescriptor = from.DangerousGetHandle(),
            SourceOffset = (ulong)fromOffset,
            SourceLength = (ulong)length,
            TargetOffset = (ulong)offset,
        };
        while (Posix.Control(to, CloneRangeRequest, range) != 0)
        {
            var number = Marshal.GetLastPInvokeError();
            if (number != Interrupted)
            {
                // EPERM, EXDEV, EINVAL (also when only a part was cloned), ENOTTY, ETXTBSY, ENOSYS,
                // EOPNOTSUPP.
                return number is 1 or 18 or 22 or 25 or 26 or 38 or 95
                    ? false : throw Posix.Failure("FICLONERANGE");
            }
        }

        return true;
    }

    private static bool TryWindows(
        SafeFileHandle from, long fromOffset, SafeFileHandle to, long offset, long length)
    {
        // The range has to lie inside the file, and a sparse source needs a sparse target. A byte at the end
        // of the range makes room: setting the length could cut off what another thread wrote behind it.
        HolePunch.MakeSparse(to);
        if (RandomAccess.GetLength(to) < offset + length)
        {
            RandomAccess.Write(to, [0], offset + length - 1);
        }

        for (var done = 0L; done < length; done += MostWindowsBytes)
        {
            var extents = new DuplicateExtents
            {
                Source = from.DangerousGetHandle(),
                SourceOffset = fromOffset + done,
                TargetOffset = offset + done,
                Length = Math.Min(MostWindowsBytes, length - done),
            };
            if (!DeviceIoControl(
                to, FsctlDuplicateExtents, extents, Marshal.SizeOf<DuplicateExtents>(), 0, 0, out _, 0))
            {
                // Invalid function, not the same device, not supported, invalid parameter, too many
                // references to the block.
                var code = Marshal.GetLastPInvokeError();
                return code is 1 or 17 or 50 or 87 or 347
                    ? false
                    : throw new IOException(
                        Marshal.GetPInvokeErrorMessage(code), unchecked((int)0x80070000) | code);
            }
        }

        return true;
    }

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool DeviceIoControl(
        SafeFileHandle file, uint code, in DuplicateExtents input, int inputLength, nint output,
        int outputLength, out int returned, nint overlapped);

    /// <summary>DUPLICATE_EXTENTS_DATA.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct DuplicateExtents
    {
        public nint Source;
        public long SourceOffset;
        public long TargetOffset;
        public long Length;
    }
}
