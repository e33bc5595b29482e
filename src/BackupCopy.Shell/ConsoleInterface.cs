using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Management.Automation.Internal;
using System.Security;

namespace BackupCopy.Shell;

/// <summary>
/// Writes PowerShell's streams to the console: styled on a terminal, plain when redirected. Errors go to
/// standard error, everything else to standard output, as in pwsh.
/// </summary>
internal sealed class ConsoleInterface : PSHostUserInterface
{
    private readonly Lock _writing = new();
    private readonly ProgressLine _progress = new();
    private readonly Questions _questions;
    private bool _outputIsError;

    public ConsoleInterface() => _questions = new Questions(this);

    public override PSHostRawUserInterface RawUI { get; } = new ConsoleRawInterface();

    public override bool SupportsVirtualTerminal { get; } = Terminal.IsStyled(Console.IsOutputRedirected);

    public override void Write(string value)
    {
        if (_outputIsError)
        {
            PutError(value);
        }
        else
        {
            Put(Console.Out, value, SupportsVirtualTerminal);
        }
    }

    public override void WriteLine(string value) => Write(value + Environment.NewLine);

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value)
    {
        var style = PSStyle.Instance.Foreground.FromConsoleColor(foregroundColor);
        Write(style + value + PSStyle.Instance.Reset);
    }

    public override void WriteErrorLine(string value) => PutError(value + Environment.NewLine);

    public override void WriteWarningLine(string message) =>
        WriteStyled(PSStyle.Instance.Formatting.Warning, "WARNING: " + message);

    public override void WriteVerboseLine(string message) =>
        WriteStyled(PSStyle.Instance.Formatting.Verbose, "VERBOSE: " + message);

    public override void WriteDebugLine(string message) =>
        WriteStyled(PSStyle.Instance.Formatting.Debug, "DEBUG: " + message);

    public override void WriteProgress(long sourceId, ProgressRecord record)
    {
        lock (_writing)
        {
            _progress.Show(record);
        }
    }

    /// <summary>Takes the progress line off the terminal.</summary>
    public void EndProgress()
    {
        lock (_writing)
        {
            _progress.End();
        }
    }

    public override string ReadLine() => Console.ReadLine() ?? "";

    public override SecureString ReadLineAsSecureString() => _questions.ReadSecret();

    public override Dictionary<string, PSObject> Prompt(
        string caption, string message, Collection<FieldDescription> descriptions) =>
        _questions.AskFields(caption, message, descriptions);

    public override int PromptForChoice(
        string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice) =>
        _questions.AskChoice(caption, message, choices, defaultChoice);

    public override PSCredential PromptForCredential(
        string caption, string message, string userName, string targetName) =>
        _questions.AskCredential(caption, message, userName);

    public override PSCredential PromptForCredential(
        string caption, string message, string userName, string targetName,
        PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options) =>
        _questions.AskCredential(caption, message, userName);

    /// <summary>Sends what is written meanwhile to standard error.</summary>
    public void ToStandardError(Action write)
    {
        _outputIsError = true;
        try
        {
            write();
        }
        finally
        {
            _outputIsError = false;
        }
    }

    private void PutError(string value) =>
        Put(Console.Error, value, Terminal.IsStyled(Console.IsErrorRedirected));

    private void WriteStyled(string style, string text) =>
        WriteLine(style + text + PSStyle.Instance.Reset);

    private void Put(TextWriter writer, string value, bool styled)
    {
        var text = styled ? value : new StringDecorated(value).ToString(OutputRendering.PlainText);
        lock (_writing)
        {
            _progress.Hide();
            writer.Write(text);
        }
    }
}
