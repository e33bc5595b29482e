using System.Management.Automation.Language;

namespace BackupCopy.Shell;

/// <summary>Reads, runs and prints commands until `exit` or the end of the input.</summary>
internal sealed class Prompt
{
    private readonly Session _session;
    private readonly ShellHost _host;

    public Prompt(Session session, ShellHost host)
    {
        _session = session;
        _host = host;
    }

    /// <returns>The code of `exit`, else that of the last command.</returns>
    public int Run()
    {
        var code = ExitCode.Success;
        while (_host.ExitCode is null && ReadCommands() is { } commands)
        {
            code = _session.RunCommands(commands);
        }

        return _host.ExitCode ?? code;
    }

    /// <summary>Reads lines until they are a whole command; null at the end of the input.</summary>
    private string? ReadCommands()
    {
        var text = "";
        while (true)
        {
            if (!Console.IsInputRedirected)
            {
                _host.UI.Write(text.Length == 0 ? _session.Evaluate("prompt") : ">> ");
            }

            if (Console.ReadLine() is not { } line)
            {
                return text.Length == 0 ? null : text;
            }

            text = text.Length == 0 ? line : text + Environment.NewLine + line;
            Parser.ParseInput(text, out _, out var errors);
            // An empty line ends what cannot be completed otherwise.
            if (line.Length == 0 || !Array.Exists(errors, error => error.IncompleteInput))
            {
                return text;
            }
        }
    }
}
