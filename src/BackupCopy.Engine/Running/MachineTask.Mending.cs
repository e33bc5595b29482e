using BackupCopy.Format;
using BackupCopy.Jobs;

namespace BackupCopy.Running;

/// <content>A source that lost some of what it holds.</content>
internal sealed partial class MachineTask
{
    private string Mended => Copy.MendedBlocks switch
    {
        0 => "",
        1 => "1 block of the source was damaged and taken from elsewhere.",
        var blocks => $"{blocks} blocks of the source were damaged and taken from elsewhere.",
    };

    // However it ends: what was taken from elsewhere is missing in the source.
    private async Task<PointFile> CopyAndTellAsync(CancellationToken stop)
    {
        try
        {
            return await CopyAsync(stop);
        }
        finally
        {
            TellMended();
        }
    }

    // The copy is good; it is the source that somebody has to look at.
    private void TellMended()
    {
        if (Mended.Length == 0)
        {
            return;
        }

        var text = $"{Mended} It came from {string.Join(" and ", _transfer.Givers)}. Run "
            + $"Invoke-BackupCopyHealthCheck -Repository {Point.Repository} -Machine {Point.Machine} "
            + "-Repair.";
        _context.Session.Tell(EventLevel.Warning, text, Point.Machine, SessionEventId.DamageFound);
        _context.Session.Blame(SessionResult.Warning, $"{Point.Machine}: {Mended}");
        SyncOptions.Warn?.Invoke($"{Point.Machine}: {text}");
    }
}
