namespace BackupCopy.Running.Delivery;

/// <summary>What became of one report at its server.</summary>
internal abstract record SendResult
{
    private SendResult()
    {
    }

    /// <summary>It is there, for one recipient at least.</summary>
    /// <param name="To">Who got it; for a web hook its host.</param>
    public sealed record Sent(IReadOnlyList<string> To, IReadOnlyList<Refusal> Refused) : SendResult;

    /// <param name="IsServer">Whether no other report would fare better at this server now.</param>
    public sealed record Failed(BackupCopyException Error, bool IsServer) : SendResult;
}

/// <summary>A recipient whom the server does not take.</summary>
/// <param name="IsTemporary">Whether the server said so, as with grey-listing.</param>
internal sealed record Refusal(string Address, string Text, bool IsTemporary);
