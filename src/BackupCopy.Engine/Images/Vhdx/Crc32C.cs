using System.Buffers.Binary;
using System.Numerics;

namespace BackupCopy.Images.Vhdx;

/// <summary>
/// The checksum of headers, region tables and log entries: over the whole structure, with zeros in the place
/// of the checksum, which all of them have behind their four bytes of signature.
/// </summary>
internal static class Crc32C
{
    public const int ChecksumOffset = 4;
    private const int Behind = ChecksumOffset + sizeof(uint);

    public static uint Of(ReadOnlySpan<byte> structure) => ~Continue(Begin(structure), structure[Behind..]);

    /// <summary>The state after signature and checksum, for what is too long for one span.</summary>
    public static uint Begin(ReadOnlySpan<byte> structure) =>
        BitOperations.Crc32C(
            Continue(uint.MaxValue, structure[..ChecksumOffset]), 0U);

    public static uint Continue(uint state, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (var value in bytes)
        {
            state = BitOperations.Crc32C(state, value);
        }

        return state;
    }

    public static bool IsRight(ReadOnlySpan<byte> structure) =>
        BinaryPrimitives.ReadUInt32LittleEndian(structure[ChecksumOffset..]) == Of(structure);

    public static void Put(Span<byte> structure) =>
        BinaryPrimitives.WriteUInt32LittleEndian(structure[ChecksumOffset..], Of(structure));
}
