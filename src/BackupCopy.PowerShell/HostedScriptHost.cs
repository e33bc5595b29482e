using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace BackupCopy.PowerShell;

/// <summary>The host of a script that nobody watches: all it writes is text, and nobody answers.</summary>
internal sealed class HostedScriptHost(Action<string> print) : PSHost
{
    public override string Name => "BackupCopy";

    public override Version Version { get; } = typeof(HostedScriptHost).Assembly.GetName().Version!;

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override CultureInfo CurrentCulture { get; } = CultureInfo.CurrentCulture;

    public override CultureInfo CurrentUICulture { get; } = CultureInfo.CurrentUICulture;

    public override PSHostUserInterface UI { get; } = new Printer(print);

    // The script's own `exit` ends the script file and does not come here.
    public override void SetShouldExit(int exitCode)
    {
    }

    public override void EnterNestedPrompt() => throw Nobody();

    public override void ExitNestedPrompt() => throw Nobody();

    public override void NotifyBeginApplication()
    {
    }

    public override void NotifyEndApplication()
    {
    }

    private static HostException Nobody() =>
        new("The script runs by itself: nobody can answer it. Give it what it needs as arguments.");

    private sealed class Printer(Action<string> print) : PSHostUserInterface
    {
        /// <summary>There is no screen; lines are as wide as PowerShell takes them without one.</summary>
        public override PSHostRawUserInterface RawUI => null!;

        public override void Write(string value) => print(value);

        public override void Write(
            ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => print(value);

        public override void WriteLine(string value) => print(value + "\n");

        public override void WriteErrorLine(string value) => print(value + "\n");

        public override void WriteWarningLine(string message) => print($"WARNING: {message}\n");

        public override void WriteVerboseLine(string message) => print($"VERBOSE: {message}\n");

        public override void WriteDebugLine(string message) => print($"DEBUG: {message}\n");

        public override void WriteProgress(long sourceId, ProgressRecord record)
        {
        }

        public override string ReadLine() => throw Nobody();

        public override SecureString ReadLineAsSecureString() => throw Nobody();

        public override Dictionary<string, PSObject> Prompt(
            string caption, string message, Collection<FieldDescription> descriptions) => throw Nobody();

        public override int PromptForChoice(
            string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice) =>
            throw Nobody();

        public override PSCredential PromptForCredential(
            string caption, string message, string userName, string targetName) => throw Nobody();

        public override PSCredential PromptForCredential(
            string caption, string message, string userName, string targetName,
            PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options) => throw Nobody();
    }
}
