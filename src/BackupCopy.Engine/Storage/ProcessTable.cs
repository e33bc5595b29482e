using System.Globalization;
using System.Text;

namespace BackupCopy.Storage;

/// <summary>One process as the system's table shows it.</summary>
/// <param name="StartTicks">With the number it is one process alone: numbers come again.</param>
internal readonly record struct ProcessEntry(
    int Id, int ParentId, int GroupId, int SessionId, long StartTicks);

/// <summary>
/// The processes that Linux shows in /proc; none elsewhere. What ended and only waits for its parent to
/// notice is no process any more.
/// </summary>
internal static class ProcessTable
{
    // No more than this does the system hand to a program.
    private const int MostBytes = 2 << 20;

    public static List<ProcessEntry> Read()
    {
        var entries = new List<ProcessEntry>();
        if (OperatingSystem.IsLinux() && Directory.Exists("/proc"))
        {
            var buffer = new byte[4096];
            foreach (var name in Directory.EnumerateDirectories("/proc").Select(Path.GetFileName))
            {
                if (int.TryParse(name, CultureInfo.InvariantCulture, out var id)
                    && ReadFile(id, "stat", buffer) is { } stat && Parse(id, stat) is { } entry)
                {
                    entries.Add(entry);
                }
            }
        }

        return entries;
    }

    /// <summary>
    /// Whether the process was started with all of these "NAME=value"; null while that cannot be told, since
    /// it is just being started.
    /// </summary>
    public static bool? StartedWith(int id, IReadOnlyList<string> variables, byte[] buffer) =>
        ReadFile(id, "environ", buffer) switch
        {
            null => false,
            [] => null,
            var bytes => variables.All(variable => Holds(bytes, Encoding.UTF8.GetBytes(variable))),
        };

    /// <summary>One that is large enough for <see cref="StartedWith"/>.</summary>
    public static byte[] NewBuffer() => new byte[MostBytes];

    private static bool Holds(byte[] environment, byte[] variable)
    {
        for (var rest = environment.AsSpan(); !rest.IsEmpty;)
        {
            var end = rest.IndexOf((byte)0);
            var one = end < 0 ? rest : rest[..end];
            if (one.SequenceEqual(variable))
            {
                return true;
            }

            rest = end < 0 ? default : rest[(end + 1)..];
        }

        return false;
    }

    // pid (name) state parent group session …, the start in field 22; the name may hold anything.
    private static ProcessEntry? Parse(int id, byte[] stat)
    {
        var text = Encoding.UTF8.GetString(stat);
        var fields = text[(text.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 19 && fields[0] is not ("Z" or "X")
            ? new ProcessEntry(
                id, (int)Number(fields[1]), (int)Number(fields[2]), (int)Number(fields[3]),
                Number(fields[19]))
            : null;
    }

    private static long Number(string field) => long.Parse(field, CultureInfo.InvariantCulture);

    // A process that ends meanwhile, or another user's, has nothing to show.
    private static byte[]? ReadFile(int id, string file, byte[] buffer)
    {
        try
        {
            using var handle = File.OpenHandle($"/proc/{id}/{file}");
            var length = 0;
            int read;
            do
            {
                read = RandomAccess.Read(handle, buffer.AsSpan(length), length);
                length += read;
            }
            while (read > 0 && length < buffer.Length);

            return buffer[..length];
        }
        catch (Exception error) when (StorageError.IsStorage(error))
        {
            return null;
        }
    }
}
