using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace BackupCopy.PowerShell.Completion;

/// <summary>
/// Completes names from what exists: those that match what was typed, quoted where PowerShell needs it.
/// A catalog that cannot be read completes nothing; the cmdlet itself will say why.
/// </summary>
public abstract class NameCompleter : IArgumentCompleter
{
    /// <summary>The names to offer, given what is already on the command line.</summary>
    private protected abstract IEnumerable<string> Names(IDictionary boundParameters);

    /// <summary>Whether what was typed may stand anywhere in a name; else it begins it.</summary>
    private protected virtual bool IsAnywhere => false;

    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst,
        IDictionary fakeBoundParameters)
    {
        var typed = WildcardPattern.Escape((wordToComplete ?? "").Trim('\'', '"'));
        var pattern = WildcardPattern.Get(
            $"{(IsAnywhere ? "*" : "")}{typed}*", WildcardOptions.IgnoreCase);
        try
        {
            return
            [
                .. Names(fakeBoundParameters)
                    .Where(pattern.IsMatch)
                    .Order(StringComparer.OrdinalIgnoreCase)
                    .Select(name => new CompletionResult(
                        Quoted(name), name, CompletionResultType.ParameterValue, name)),
            ];
        }
        catch (BackupCopyException)
        {
            return [];
        }
    }

    private static string Quoted(string name) =>
        name.Length > 0 && name.All(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.') && name[0] != '-'
            ? name
            : "'" + CodeGeneration.EscapeSingleQuotedStringContent(name) + "'";
}
