using System.Runtime.InteropServices;

namespace BackupCopy.Shell;

/// <summary>
/// Ctrl+C and SIGTERM stop the running pipeline and let the process end by itself once the pipeline has let
/// go of its files; with nothing running they end the process at once.
/// </summary>
internal sealed class Stopper : IDisposable
{
    // Set by Invoke-BackupCopyService while it runs; the module is loaded apart from this program.
    private const string TakenByCmdlet = "BackupCopy.TakesSignals";

    private readonly Session _session;
    private readonly PosixSignalRegistration[] _registrations;

    public Stopper(Session session)
    {
        _session = session;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop),
        ];
    }

    /// <summary>SIGTERM arrived, so the process ends however the pipeline ended.</summary>
    public bool Terminated { get; private set; }

    public void Dispose() => Array.ForEach(_registrations, registration => registration.Dispose());

    private void Stop(PosixSignalContext context)
    {
        // A cmdlet that takes signals itself ends by itself, and the pipeline with it.
        if (AppDomain.CurrentDomain.GetData(TakenByCmdlet) is true)
        {
            return;
        }

        var terminate = context.Signal == PosixSignal.SIGTERM;
        Terminated |= terminate;
        context.Cancel = _session.Stop(leave: terminate);
    }
}
