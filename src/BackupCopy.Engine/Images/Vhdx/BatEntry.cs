using System.Buffers.Binary;

namespace BackupCopy.Images.Vhdx;

/// <summary>What a payload block holds (MS-VHDX 2.5.1.1).</summary>
internal enum BlockState
{
    /// <summary>Zeros, or what the parent has.</summary>
    NotPresent = 0,
    Undefined = 1,
    Zero = 2,
    Unmapped = 3,

    /// <summary><see cref="Unmapped"/> in drafts of the format; no longer given out.</summary>
    DraftUnmapped = 5,
    FullyPresent = 6,

    /// <summary>The sector bitmap tells which sectors are this file's and which the parent's.</summary>
    PartiallyPresent = 7,
}

/// <summary>An entry of the block allocation table (MS-VHDX 2.5.1): a state and a place.</summary>
internal readonly record struct BatEntry(ulong Value)
{
    private const int OffsetShift = 20;
    private const ulong StateMask = 7;
    private const ulong OffsetMask = ulong.MaxValue << OffsetShift;

    public BlockState State => (BlockState)(Value & StateMask);

    /// <summary>In bytes; up to 2^64.</summary>
    public ulong FileOffset => Value & OffsetMask;

    public bool HasReservedBits => (Value & ~(OffsetMask | StateMask)) != 0;

    public static BatEntry Of(BlockState state, long fileOffset) => new((ulong)fileOffset | (uint)state);

    public static BatEntry Read(ReadOnlySpan<byte> from) =>
        new(BinaryPrimitives.ReadUInt64LittleEndian(from));

    public void Write(Span<byte> to) => BinaryPrimitives.WriteUInt64LittleEndian(to, Value);
}
