using System.Text;
using System.Text.RegularExpressions;
using BackupCopy.Jobs;

namespace BackupCopy.Running.Scripts;

/// <summary>A line that a script printed for the session's events: "LOG:WARN text".</summary>
internal readonly partial record struct ScriptLogLine(EventLevel Level, string Text)
{
    private const int LongestText = 1000;

    public static ScriptLogLine? Parse(string line)
    {
        if (!line.StartsWith("LOG:", StringComparison.Ordinal)
            || Form().Match(line) is not { Success: true } found)
        {
            return null;
        }

        var text = found.Groups[2].Value;
        return new ScriptLogLine(
            LevelOf(found.Groups[1].Value), text.Length > LongestText ? text[..LongestText] + " …" : text);
    }

    private static EventLevel LevelOf(string name) => name switch
    {
        "INFO" => EventLevel.Info,
        "WARN" => EventLevel.Warning,
        _ => EventLevel.Error,
    };

    [GeneratedRegex(@"^LOG:(INFO|WARN|ERROR) +(\S.*)$", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}

/// <summary>
/// Makes lines of what comes in pieces, as a terminal would show them: without colours, and of what was
/// printed over itself the last. A line that is too long loses its end.
/// </summary>
internal sealed partial class ScriptLines(Action<string> line)
{
    public const int LongestLine = 4096;

    private readonly StringBuilder _open = new();
    private bool _isReturned;
    private bool _isCut;

    public void Add(ReadOnlySpan<char> text)
    {
        foreach (var next in text)
        {
            if (next == '\n')
            {
                End();
                continue;
            }

            if (_isReturned)
            {
                Forget();
            }

            if (next == '\r')
            {
                _isReturned = true;
            }
            else if (_open.Length < LongestLine)
            {
                _open.Append(next);
            }
            else
            {
                _isCut = true;
            }
        }
    }

    /// <summary>The last line may lack its end.</summary>
    public void Close()
    {
        if (_open.Length > 0)
        {
            End();
        }
    }

    private void End()
    {
        line(Plain(_open.ToString()) + (_isCut ? " …" : ""));
        Forget();
    }

    private void Forget()
    {
        _open.Clear();
        _isReturned = _isCut = false;
    }

    private static string Plain(string text) => Unprintable().Replace(text, "");

    // Colours and moves of the cursor, titles of windows, and all else that is no text.
    [GeneratedRegex(
        @"\x1B\[[0-?]*[ -/]*[@-~]|\x1B\][^\x07\x1B]*(\x07|\x1B\\)?|[\x00-\x08\x0B-\x1F\x7F-\x9F]")]
    private static partial Regex Unprintable();
}
