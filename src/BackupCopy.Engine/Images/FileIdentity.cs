using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace BackupCopy.Images;

/// <summary>What kind of thing a path leads to.</summary>
internal enum FileKind
{
    File,
    Folder,
    Device,

    /// <summary>A pipe or a socket: opening it may wait for ever.</summary>
    Other,
}

/// <summary>
/// Which file it is, and which state of it: whatever writes to it, replaces it or truncates it changes one of
/// these. Where the system does not tell inode and change time they are 0 and say nothing.
/// </summary>
internal readonly partial record struct FileIdentity(
    FileKind Kind, ulong Device, ulong Inode, long LengthBytes, DateTime WrittenUtc, DateTime ChangedUtc)
{
    private const int CurrentFolder = -100;
    private const int EmptyPath = 0x1000;
    private const int StatxBytes = 256;
    private const uint BasicStats = 0x7ff;
    private const int TypeMask = 0xf000;

    /// <summary>Follows symbolic links; null when nothing is there.</summary>
    public static FileIdentity? Of(string path)
    {
        if (OperatingSystem.IsLinux())
        {
            Span<byte> answer = stackalloc byte[StatxBytes];
            return Statx(CurrentFolder, path, 0, BasicStats, answer) == 0 ? Parse(answer) : null;
        }

        var file = new FileInfo(path);
        return file.Exists
            ? new FileIdentity(FileKind.File, 0, 0, file.Length, file.LastWriteTimeUtc, default)
            : Directory.Exists(path) ? new FileIdentity(FileKind.Folder, 0, 0, 0, default, default)
            : null;
    }

    /// <summary>Of an open file, whatever its name is now.</summary>
    public static FileIdentity Of(SafeFileHandle handle)
    {
        if (OperatingSystem.IsLinux())
        {
            Span<byte> answer = stackalloc byte[StatxBytes];
            if (Statx((int)handle.DangerousGetHandle(), "", EmptyPath, BasicStats, answer) == 0)
            {
                return Parse(answer);
            }
        }

        return new FileIdentity(
            FileKind.File, 0, 0, RandomAccess.GetLength(handle), File.GetLastWriteTimeUtc(handle), default);
    }

    // The layout of struct statx is the same on every architecture.
    private static FileIdentity Parse(ReadOnlySpan<byte> statx)
    {
        const int mode = 28, inode = 32, size = 40, changed = 96, written = 112, device = 136;
        var kind = (BinaryPrimitives.ReadUInt16LittleEndian(statx[mode..]) & TypeMask) switch
        {
            0x8000 => FileKind.File,
            0x4000 => FileKind.Folder,
            0x6000 => FileKind.Device,
            _ => FileKind.Other,
        };
        return new FileIdentity(
            kind, BinaryPrimitives.ReadUInt64LittleEndian(statx[device..]),
            BinaryPrimitives.ReadUInt64LittleEndian(statx[inode..]),
            BinaryPrimitives.ReadInt64LittleEndian(statx[size..]), Time(statx[written..]),
            Time(statx[changed..]));
    }

    private static DateTime Time(ReadOnlySpan<byte> timestamp)
    {
        var seconds = BinaryPrimitives.ReadInt64LittleEndian(timestamp);
        var nanoseconds = BinaryPrimitives.ReadUInt32LittleEndian(timestamp[sizeof(long)..]);
        var first = DateTimeOffset.MinValue.ToUnixTimeSeconds();
        var last = DateTimeOffset.MaxValue.ToUnixTimeSeconds();
        return DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(seconds, first, last))
            .AddTicks(seconds == Math.Clamp(seconds, first, last) ? nanoseconds / 100 : 0).UtcDateTime;
    }

    [LibraryImport(
        "libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, Span<byte> answer);
}
