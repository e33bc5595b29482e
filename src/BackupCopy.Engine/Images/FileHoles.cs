using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace BackupCopy.Images;

/// <summary>
/// Where a file holds data: SEEK_DATA and SEEK_HOLE on Linux and macOS, the allocated ranges on Windows. A
/// system or file system that does not know says "everything", which is correct and slower. For one thread at
/// a time.
/// </summary>
internal sealed partial class FileHoles(SafeFileHandle file)
{
    private const int SeekEnd = 2;
    private const int NoSuchRange = 6;
    private const uint QueryAllocatedRanges = 0x940cf;

    private static readonly int s_seekData = OperatingSystem.IsMacOS() ? 4 : 3;
    private static readonly int s_seekHole = OperatingSystem.IsMacOS() ? 3 : 4;

    /// <summary>The length when this was made; also that of a block device.</summary>
    public long LengthBytes { get; } = LengthOf(file);

    public long ReadLength() => LengthOf(file);

    /// <summary>The next range at or after the offset that may hold data; false when there is none.</summary>
    public bool TryNextData(long offset, out long start, out long end)
    {
        start = offset;
        end = LengthBytes;
        if (offset >= LengthBytes)
        {
            return false;
        }

        return OperatingSystem.IsWindows()
            ? TryAllocated(offset, ref start, ref end)
            : TrySeek(offset, ref start, ref end);
    }

    private static long LengthOf(SafeFileHandle file)
    {
        if (!OperatingSystem.IsWindows() && Seek(file, 0, SeekEnd) is >= 0 and var length)
        {
            return length;
        }

        return RandomAccess.GetLength(file);
    }

    private bool TrySeek(long offset, ref long start, ref long end)
    {
        var data = Seek(file, offset, s_seekData);
        if (data < 0)
        {
            // ENXIO: only a hole follows. Anything else: this file system cannot tell.
            return Marshal.GetLastPInvokeError() != NoSuchRange;
        }

        var hole = Seek(file, data, s_seekHole);
        start = data;
        end = hole > data ? Math.Min(hole, LengthBytes) : LengthBytes;
        return start < LengthBytes;
    }

    private bool TryAllocated(long offset, ref long start, ref long end)
    {
        Span<byte> question = stackalloc byte[16];
        Span<byte> answer = stackalloc byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(question, offset);
        BinaryPrimitives.WriteInt64LittleEndian(question[8..], LengthBytes - offset);
        const int moreData = 234;
        var ok = DeviceIoControl(
            file, QueryAllocatedRanges, question, question.Length, answer, answer.Length,
            out var returned, 0);
        if (!ok && Marshal.GetLastPInvokeError() != moreData)
        {
            return true;
        }

        if (returned == 0)
        {
            return false;
        }

        start = Math.Max(offset, BinaryPrimitives.ReadInt64LittleEndian(answer));
        end = Math.Min(
            LengthBytes,
            BinaryPrimitives.ReadInt64LittleEndian(answer)
                + BinaryPrimitives.ReadInt64LittleEndian(answer[8..]));
        return true;
    }

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    private static partial long Seek(SafeFileHandle descriptor, long offset, int whence);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool DeviceIoControl(
        SafeFileHandle file, uint code, ReadOnlySpan<byte> input, int inputLength, Span<byte> output,
        int outputLength, out int returned, nint overlapped);
}
