using System.Runtime.InteropServices;
using BackupCopy.Format;
using Microsoft.Win32.SafeHandles;

namespace BackupCopy.Storage;

/// <summary>
/// Tries in two scratch files what the storage below a folder can do. A mounted share may accept a punch and
/// keep the space, so the probe looks for the hole, and for the cloned bytes, and not only for the absence of
/// an error.
/// </summary>
internal static class LocalProbe
{
    private const int SeekHole = 4;
    private const int ScratchBytes = 1 << 20;

    public static StorageAbilities Run(string directory)
    {
        var first = Path.Combine(directory, $"probe-{Guid.NewGuid():N}{Names.Temporary}");
        var second = first + "2";
        try
        {
            using var from = Create(first);
            using var to = Create(second);
            return new StorageAbilities { Punches = Punches(from), Clones = Clones(from, to) };
        }
        catch (Exception error) when (StorageError.IsStorage(error))
        {
            throw StorageError.From(error, directory);
        }
        finally
        {
            File.Delete(first);
            File.Delete(second);
        }
    }

    private static SafeFileHandle Create(string path)
    {
        var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite);
        var filled = new byte[ScratchBytes];
        Array.Fill(filled, (byte)0xa5);
        RandomAccess.Write(file, filled, 0);
        RandomAccess.FlushToDisk(file);
        return file;
    }

    private static bool Punches(SafeFileHandle file)
    {
        const int from = ScratchBytes / 4;
        const int length = ScratchBytes / 4;
        try
        {
            if (!HolePunch.TryPunch(file, from, length))
            {
                return false;
            }
        }
        catch (IOException)
        {
            return false;
        }

        var zeros = new byte[length];
        RandomAccess.Read(file, zeros, from);
        var isCleared = zeros.AsSpan().IndexOfAnyExcept((byte)0) < 0;
        return isCleared && (!OperatingSystem.IsLinux() || Posix.Seek(file, from, SeekHole) == from);
    }

    private static bool Clones(SafeFileHandle from, SafeFileHandle to)
    {
        const int length = FormatLimits.PageAlignment;
        var other = new byte[length];
        RandomAccess.Write(to, other, length);
        try
        {
            if (!RangeClone.Try(from, 0, to, length, length))
            {
                return false;
            }
        }
        catch (IOException)
        {
            return false;
        }

        var there = new byte[length];
        RandomAccess.Read(from, there, 0);
        RandomAccess.Read(to, other, length);
        return other.AsSpan().SequenceEqual(there);
    }
}
