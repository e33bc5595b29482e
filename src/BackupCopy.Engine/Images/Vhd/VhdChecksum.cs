namespace BackupCopy.Images.Vhd;

/// <summary>The ones' complement of the sum of a structure's bytes, without those of the checksum.</summary>
internal static class VhdChecksum
{
    public static uint Of(ReadOnlySpan<byte> structure, int checksumOffset)
    {
        uint sum = 0;
        for (var i = 0; i < structure.Length; i++)
        {
            sum += i >= checksumOffset && i < checksumOffset + sizeof(uint) ? 0u : structure[i];
        }

        return ~sum;
    }
}
