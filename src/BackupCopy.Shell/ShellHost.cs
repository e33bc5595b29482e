using System.Globalization;
using System.Management.Automation.Host;

namespace BackupCopy.Shell;

/// <summary>The host that PowerShell sees: a name, a culture, the console, and the wish to exit.</summary>
internal sealed class ShellHost : PSHost
{
    private readonly ConsoleInterface _console = new();

    public override string Name => "BackupCopy.Shell";

    public override Version Version { get; } = typeof(ShellHost).Assembly.GetName().Version!;

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override CultureInfo CurrentCulture { get; } = CultureInfo.CurrentCulture;

    public override CultureInfo CurrentUICulture { get; } = CultureInfo.CurrentUICulture;

    public override PSHostUserInterface UI => _console;

    /// <summary>What `exit` asked for; null until then.</summary>
    public int? ExitCode { get; private set; }

    public override void SetShouldExit(int exitCode) => ExitCode = exitCode;

    /// <summary>Takes the progress line off the terminal.</summary>
    public void EndProgress() => _console.EndProgress();

    /// <summary>Sends what is written meanwhile to standard error.</summary>
    public void ToStandardError(Action write) => _console.ToStandardError(write);

    public override void EnterNestedPrompt() => throw OnePromptOnly();

    public override void ExitNestedPrompt() => throw OnePromptOnly();

    private static NotSupportedException OnePromptOnly() => new("The shell has one prompt only.");

    public override void NotifyBeginApplication()
    {
    }

    public override void NotifyEndApplication()
    {
    }
}
