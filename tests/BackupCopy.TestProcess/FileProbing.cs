using BackupCopy.Images;
using BackupCopy.Sources.Writers;

namespace BackupCopy.TestProcess;

/// <summary>
/// <c>probe path</c>: asks again and again whether the file is being written, prints each answer that it had
/// not given before, and ends with its input.
/// </summary>
internal static class FileProbing
{
    public static void Run(string[] arguments)
    {
        var probe = new WriterProbe(isShared: _ => false);
        var given = new HashSet<WriterAnswer>();
        var input = Task.Run(Console.In.ReadToEnd);
        while (!input.IsCompleted)
        {
            var answer = probe.Ask(arguments[0], FileIdentity.Of(arguments[0])!.Value);
            if (given.Add(answer))
            {
                Program.Acknowledge(answer.ToString());
            }
        }
    }
}
