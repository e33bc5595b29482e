using System.Globalization;
using BackupCopy.Jobs;

namespace BackupCopy.Running.Delivery;

/// <summary>What a session says of its report: a line for each channel.</summary>
internal static class DeliveryText
{
    private const string HookStart = "Web hook: ";

    /// <summary>The session with what is new of one channel, in place of what it said before.</summary>
    public static SessionRecord With(this SessionRecord session, ReportChannel channel, string text)
    {
        var others = session.Delivery.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line.StartsWith(HookStart, StringComparison.Ordinal)
                != (channel == ReportChannel.WebHook));
        var line = channel == ReportChannel.WebHook ? HookStart + text : text;
        return session with
        {
            Delivery = string.Join('\n', others.Append(line).Order(StringComparer.Ordinal)),
        };
    }

    /// <summary>The session with an event; reports belong to its last phase, also after its end.</summary>
    public static SessionRecord Told(
        this SessionRecord session, DateTime nowUtc, SessionEventId id, string text) =>
        (session with { Checkpoint = new PhaseCheckpoint.PostJob() }).With(
            nowUtc, id == SessionEventId.ReportSent ? EventLevel.Info : EventLevel.Warning, text, id: id)
        with
        {
            Checkpoint = session.Checkpoint,
        };

    public static string Sent(SendResult.Sent sent)
    {
        var permanent = sent.Refused.Where(r => !r.IsTemporary).ToList();
        var waiting = sent.Refused.Where(r => r.IsTemporary).ToList();
        var text = $"Report sent to {string.Join(", ", sent.To)}.";
        text += permanent.Count == 0 ? "" : $" Refused: {MailError.Text(permanent)}.";
        return text + (waiting.Count == 0 ? "" : $" Tried again for {MailError.Text(waiting)}.");
    }

    public static string Queued(OutboxItem item) => item.Error.Length == 0 ? "Report queued."
        : $"Report queued, tried again {item.NextTryUtc.ToLocalText()}: {item.Error}";

    public static string GivenUp(OutboxItem item, string error) => string.Create(
        CultureInfo.InvariantCulture,
        $"Report given up after {item.Attempts + 1} tries in {OutboxItem.Longest.Days} days: {error}");

    public static string Replaced { get; } =
        $"Report given up: {OutboxItem.Most} newer ones wait to be sent.";
}
