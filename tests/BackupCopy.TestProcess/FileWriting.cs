using System.Globalization;
using System.Runtime.InteropServices;

namespace BackupCopy.TestProcess;

/// <summary>
/// <c>write path</c>: does to the file what its input says, one command a line, and prints "done" after each:
/// <c>open</c>, <c>open-alone</c> (FileShare.None), <c>open-to-read-alone</c>, <c>write bytes</c>,
/// <c>truncate bytes</c>, <c>lock</c> (of the process, on a range), <c>lock-file</c> (of the open file, on a
/// range), <c>close</c>, <c>rename path</c>. It ends with its input.
/// </summary>
internal static partial class FileWriting
{
    private const int SetProcessLock = 6;
    private const int SetOpenFileLock = 37;
    private const short WriteLock = 1;

    public static void Run(string[] arguments)
    {
        var path = arguments[0];
        FileStream? file = null;
        while (Console.In.ReadLine() is { } line)
        {
            var words = line.Split(' ', 2);
            switch (words[0])
            {
                case "open":
                    file = Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
                    break;
                case "open-alone":
                    file = Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                    break;
                case "open-to-read-alone":
                    file = Open(path, FileMode.Open, FileAccess.Read, FileShare.None);
                    break;
                case "write":
                    file!.Seek(0, SeekOrigin.End);
                    file.Write(new byte[Number(words[1])]);
                    break;
                case "truncate":
                    file!.SetLength(Number(words[1]));
                    break;
                case "lock":
                    Lock(file!, SetProcessLock);
                    break;
                case "lock-file":
                    Lock(file!, SetOpenFileLock);
                    break;
                case "close":
                    file!.Dispose();
                    break;
                case "rename":
                    File.Move(path, words[1]);
                    path = words[1];
                    break;
                default:
                    throw new ArgumentException(line);
            }

            Program.Acknowledge("done");
        }
    }

    private static FileStream Open(string path, FileMode mode, FileAccess access, FileShare share) =>
        new(path, mode, access, share, bufferSize: 0);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static void Lock(FileStream file, int command)
    {
        var range = new Range { Type = WriteLock, Length = 1 << 20 };
        if (Control((int)file.SafeFileHandle.DangerousGetHandle(), command, ref range) != 0)
        {
            throw new IOException(Marshal.GetLastPInvokeErrorMessage());
        }
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(int file, int command, ref Range range);

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
