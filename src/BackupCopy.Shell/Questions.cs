using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace BackupCopy.Shell;

/// <summary>
/// Asks the person at the console. Where the input has ended nobody can answer, and a default that deletes
/// something must not be taken for a yes: the question fails instead.
/// </summary>
internal sealed class Questions
{
    private readonly PSHostUserInterface _console;

    public Questions(PSHostUserInterface console) => _console = console;

    public int AskChoice(
        string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        WriteHeading(caption, message);
        var keys = choices.Select(KeyOf).ToArray();
        var offer = string.Join("  ", choices.Select((choice, i) => $"[{keys[i]}] {LabelOf(choice)}"));
        var fallback = defaultChoice >= 0 ? $" (default is \"{keys[defaultChoice]}\")" : "";
        while (true)
        {
            _console.Write($"{offer}  [?] Help{fallback}: ");
            var answer = ReadAnswer(caption).Trim();
            if (answer.Length == 0 && defaultChoice >= 0)
            {
                return defaultChoice;
            }

            if (answer == "?")
            {
                WriteHelp(choices, keys);
                continue;
            }

            var chosen = Array.FindIndex(keys, key => key.Equals(answer, StringComparison.OrdinalIgnoreCase));
            if (chosen < 0)
            {
                chosen = choices.ToList().FindIndex(choice =>
                    LabelOf(choice).Equals(answer, StringComparison.OrdinalIgnoreCase));
            }

            if (chosen >= 0)
            {
                return chosen;
            }
        }
    }

    public Dictionary<string, PSObject> AskFields(
        string caption, string message, Collection<FieldDescription> fields)
    {
        WriteHeading(caption, message);
        var answers = new Dictionary<string, PSObject>();
        foreach (var field in fields)
        {
            _console.Write(field.Name + ": ");
            answers[field.Name] = IsSecret(field)
                ? PSObject.AsPSObject(ReadSecret())
                : PSObject.AsPSObject(ReadAnswer(caption));
        }

        return answers;
    }

    public PSCredential AskCredential(string caption, string message, string? userName)
    {
        WriteHeading(caption, message);
        if (string.IsNullOrEmpty(userName))
        {
            _console.Write("User: ");
            userName = ReadAnswer(caption);
        }

        _console.Write($"Password for user {userName}: ");
        return new PSCredential(userName, ReadSecret());
    }

    public SecureString ReadSecret()
    {
        var secret = new SecureString();
        if (Console.IsInputRedirected)
        {
            Array.ForEach(ReadAnswer("A password is needed").ToCharArray(), secret.AppendChar);
            return secret;
        }

        while (Console.ReadKey(intercept: true) is var key && key.Key != ConsoleKey.Enter)
        {
            if (key.Key == ConsoleKey.Backspace && secret.Length > 0)
            {
                secret.RemoveAt(secret.Length - 1);
            }
            else if (!char.IsControl(key.KeyChar))
            {
                secret.AppendChar(key.KeyChar);
            }
        }

        _console.WriteLine();
        return secret;
    }

    private static string ReadAnswer(string caption) =>
        Console.ReadLine()
        ?? throw new HostException(
            $"{caption}: nobody can answer, the input has ended. Use -Confirm:$false, or give the value as a "
            + "parameter.");

    private static string LabelOf(ChoiceDescription choice) => choice.Label.Replace("&", "");

    private static string KeyOf(ChoiceDescription choice)
    {
        var mark = choice.Label.IndexOf('&');
        return mark >= 0 && mark + 1 < choice.Label.Length
            ? char.ToUpperInvariant(choice.Label[mark + 1]).ToString()
            : choice.Label;
    }

    private static bool IsSecret(FieldDescription field) =>
        field.ParameterTypeFullName == typeof(SecureString).FullName;

    private void WriteHeading(string caption, string message)
    {
        foreach (var line in new[] { caption, message }.Where(text => !string.IsNullOrEmpty(text)))
        {
            _console.WriteLine(line);
        }
    }

    private void WriteHelp(Collection<ChoiceDescription> choices, string[] keys)
    {
        for (var i = 0; i < choices.Count; i++)
        {
            _console.WriteLine($"{keys[i]} - {choices[i].HelpMessage}");
        }
    }
}
