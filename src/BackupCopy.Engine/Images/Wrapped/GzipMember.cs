using System.Buffers.Binary;

namespace BackupCopy.Images.Wrapped;

/// <summary>What stands before and after the data of a gzip member (RFC 1952).</summary>
internal static class GzipMember
{
    public const int TrailerBytes = 8;

    private const int HeadBytes = 10;

    [Flags]
    private enum Parts : byte
    {
        HeaderChecksum = 2,
        Extra = 4,
        Name = 8,
        Comment = 16,
        Reserved = 0xe0,
    }

    /// <summary>Whether the bytes begin as a member does; fewer than three never do.</summary>
    public static bool IsHead(ReadOnlySpan<byte> bytes) => bytes is [0x1f, 0x8b, 8, ..];

    /// <summary>Goes behind the head; false when the file ends within it.</summary>
    public static bool TryPass(CompressedInput input)
    {
        var head = input.Peek(HeadBytes);
        if (head.Length < HeadBytes)
        {
            return false;
        }

        var parts = (Parts)head[3];
        if ((parts & Parts.Reserved) != 0)
        {
            throw ImageError.Damaged(
                input.Path, input.Position, $"its gzip head has unknown flags (0x{(byte)parts:x2})");
        }

        input.Advance(HeadBytes);
        if (parts.HasFlag(Parts.Extra))
        {
            var length = input.Peek(sizeof(ushort));
            if (length.Length < sizeof(ushort)
                || !input.TrySkip(sizeof(ushort) + BinaryPrimitives.ReadUInt16LittleEndian(length)))
            {
                return false;
            }
        }

        return (!parts.HasFlag(Parts.Name) || TryPassText(input))
            && (!parts.HasFlag(Parts.Comment) || TryPassText(input))
            && (!parts.HasFlag(Parts.HeaderChecksum) || input.TrySkip(sizeof(ushort)));
    }

    private static bool TryPassText(CompressedInput input)
    {
        while (input.Peek(1) is { Length: > 0 } next)
        {
            input.Advance(1);
            if (next[0] == 0)
            {
                return true;
            }
        }

        return false;
    }
}
