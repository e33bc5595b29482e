using BackupCopy.Blocks;

namespace BackupCopy.Format;

/// <summary>
/// One record in memory: header, payload, zero padding. Finishing seals it (encrypted repositories) and puts
/// the checksum over everything behind it; verifying is the reverse and trusts nothing.
/// </summary>
internal static class Record
{
    // kind … origin file id: what the seal vouches for beside the sealed bytes. Never the place.
    private const int AssociatedFrom = RecordHeader.Layout.Kind;
    private const int AssociatedLength = RecordHeader.Layout.Tag - AssociatedFrom;

    /// <summary>
    /// Completes the record at the front of <paramref name="slot"/>, whose payload lies behind the header
    /// already: writes the header, seals, checksums, and clears the padding up to the end of the slot.
    /// </summary>
    public static void Finish(Span<byte> slot, RecordHeader header, Seal? seal, Guid chain)
    {
        header = seal is null ? header : header with { Flags = header.Flags | RecordFlags.Sealed };
        header.Write(slot);
        if (seal is not null)
        {
            Span<byte> associated = stackalloc byte[AssociatedLength + 16];
            WriteAssociated(slot, chain, associated);
            var secret = slot[RecordHeader.Layout.Digest..header.RecordLength];
            seal.Close(
                header.OriginOrdinal, secret, associated, slot.Slice(RecordHeader.Layout.Tag, Seal.TagBytes));
        }

        StoredChecksum.Write(
            slot[RecordHeader.Layout.Kind..header.RecordLength], slot[RecordHeader.Layout.Checksum..]);
        slot[header.RecordLength..].Clear();
    }

    /// <summary>
    /// Reads the header at the front of <paramref name="slot"/> and verifies the checksum of the stored
    /// bytes.
    /// </summary>
    public static RecordHeader Verify(ReadOnlySpan<byte> slot, string file, long offset)
    {
        var header = RecordHeader.Read(slot, file, offset);
        if (header.RecordLength > slot.Length)
        {
            throw FormatError.Damaged(
                file, offset, $"a record within {slot.Length} bytes", $"{header.RecordLength}");
        }

        if (!StoredChecksum.Matches(
            slot[RecordHeader.Layout.Kind..header.RecordLength], slot[RecordHeader.Layout.Checksum..]))
        {
            throw new BackupCopyException(
                ErrorCode.DamagedRecord,
                $"{file} is damaged: the record at offset {offset} does not match its checksum.",
                "The storage changed or lost data. Copy the machine again from its source; other records are "
                + "not affected.");
        }

        return header;
    }

    /// <summary>Opens a sealed record in place and returns the header with its true digest.</summary>
    public static RecordHeader Open(
        Span<byte> slot, RecordHeader header, Seal seal, Guid chain, string file, long offset)
    {
        Span<byte> associated = stackalloc byte[AssociatedLength + 16];
        WriteAssociated(slot, chain, associated);
        var secret = slot[RecordHeader.Layout.Digest..header.RecordLength];
        if (!seal.TryOpen(
            header.OriginOrdinal, secret, associated, slot.Slice(RecordHeader.Layout.Tag, Seal.TagBytes)))
        {
            throw new BackupCopyException(
                ErrorCode.DamagedRecord,
                $"{file}: the sealed record at offset {offset} does not open.",
                "The record was exchanged or damaged. Copy the machine again from its source.");
        }

        return header with { Digest = Digest.Read(slot[RecordHeader.Layout.Digest..]) };
    }

    private static void WriteAssociated(ReadOnlySpan<byte> slot, Guid chain, Span<byte> associated)
    {
        slot.Slice(AssociatedFrom, AssociatedLength).CopyTo(associated);
        chain.TryWriteBytes(associated[AssociatedLength..], bigEndian: true, out _);
    }
}
