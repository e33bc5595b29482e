using BackupCopy.Jobs;

namespace BackupCopy.Running.Transferring;

/// <summary>The window now, cheap enough to be asked before every batch by many threads.</summary>
internal sealed class WindowWatch(CopyWindow window, TimeProvider time)
{
    private Known? _known;

    public WindowState Now()
    {
        var now = time.GetUtcNow().UtcDateTime;
        if (_known is not { } known || now < known.AskedUtc || now >= known.State.UntilUtc)
        {
            _known = known = new Known(window.At(now), now);
        }

        return known.State;
    }

    /// <summary>The error that stops a copy; null while the window is open.</summary>
    public BackupCopyException? Closed() => Now() is { IsOpen: false } closed
        ? new BackupCopyException(
            ErrorCode.WindowClosed, Text(closed),
            "The copy goes on by itself when the window opens.")
        : null;

    public static string Text(WindowState closed) => closed.UntilUtc is { } until
        ? $"The window is closed until {until.ToLocalText()}." : "The window is closed.";

    private sealed record Known(WindowState State, DateTime AskedUtc);
}
