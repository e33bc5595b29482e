using System.Management.Automation.Language;
using System.Text.RegularExpressions;

namespace BackupCopy.Shell;

/// <summary>What the shell is asked to do.</summary>
internal abstract partial record CommandLine
{
    private CommandLine()
    {
    }

    public const string Usage = """
        Usage: BackupCopy.Shell                          an interactive prompt
               BackupCopy.Shell [-File] script.ps1 [arguments]
               BackupCopy.Shell -Command 'commands'
        """;

    /// <summary>A prompt on the terminal, or commands from a redirected input.</summary>
    public sealed record Prompt : CommandLine;

    /// <summary>A script file with its arguments as they were typed.</summary>
    public sealed record File(string Path, IReadOnlyList<string> Arguments) : CommandLine
    {
        /// <summary>The call as one would type it: names stay names, everything else is quoted.</summary>
        public string ToCommand() =>
            string.Join(' ', [Quote(System.IO.Path.GetFullPath(Path)), .. Arguments.Select(ToArgument)]);

        private static string ToArgument(string argument)
        {
            var match = ParameterName().Match(argument);
            if (!match.Success)
            {
                return Quote(argument);
            }

            var value = argument[match.Length..];
            return match.Value + (value.Length == 0 || IsSwitchValue(value) ? value : Quote(value));
        }

        private static bool IsSwitchValue(string value) =>
            value.Equals("$true", StringComparison.OrdinalIgnoreCase)
            || value.Equals("$false", StringComparison.OrdinalIgnoreCase);

        private static string Quote(string text) =>
            "'" + CodeGeneration.EscapeSingleQuotedStringContent(text) + "'";
    }

    /// <summary>Commands given as text.</summary>
    public sealed record Commands(string Text) : CommandLine;

    /// <summary>How to call the shell.</summary>
    public sealed record Help : CommandLine;

    /// <summary>Arguments that say nothing the shell understands.</summary>
    public sealed record Invalid(string Reason) : CommandLine;

    public static CommandLine Parse(string[] arguments)
    {
        if (arguments.Length == 0)
        {
            return new Prompt();
        }

        var rest = arguments[1..];
        return arguments[0].ToLowerInvariant() switch
        {
            "-command" or "-c" when rest.Length > 0 => new Commands(string.Join(' ', rest)),
            "-file" or "-f" when rest.Length > 0 => new File(rest[0], rest[1..]),
            "-command" or "-c" or "-file" or "-f" => new Invalid($"{arguments[0]} needs a value."),
            "-help" or "-h" or "-?" or "--help" => new Help(),
            ['-', ..] => new Invalid($"{arguments[0]} is not an option."),
            _ => new File(arguments[0], rest),
        };
    }

    [GeneratedRegex("^-[A-Za-z_][A-Za-z0-9_]*(?:$|:)")]
    private static partial Regex ParameterName();
}
