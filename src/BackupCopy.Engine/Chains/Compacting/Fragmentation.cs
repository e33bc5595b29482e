namespace BackupCopy.Chains.Compacting;

/// <summary>How scattered the newest state of a chain lies.</summary>
/// <param name="LiveBytes">The slots of the newest point.</param>
/// <param name="Extents">Runs of neighbouring bytes when it is read in disk order.</param>
/// <param name="DeadBytes">
/// Allocated bytes of the chain's block files that no point uses, by the indexes: removal leaves nothing in
/// them that no point names.
/// </param>
internal sealed record Fragmentation(long LiveBytes, long Extents, long DeadBytes)
{
    public double ExtentsPerGigabyte => LiveBytes == 0 ? 0 : Extents * (double)(1L << 30) / LiveBytes;
}
