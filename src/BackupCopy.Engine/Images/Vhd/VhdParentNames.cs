using System.Buffers.Binary;
using System.Text;

namespace BackupCopy.Images.Vhd;

/// <summary>
/// The names that a differencing disk has for its parent: locators, each for one platform, and the plain name
/// in the header. All are tried, whatever platform they were made for, the relative ones first.
/// </summary>
internal static class VhdParentNames
{
    private const int LocatorCount = 8;
    private const int LocatorBytes = 24;

    /// <summary>Beyond the longest path of any platform.</summary>
    private const int LongestNameBytes = 1 << 16;

    private const uint WindowsRelative = 0x57327275;
    private const uint WindowsAbsolute = 0x57326b75;
    private const uint OldWindowsRelative = 0x57693272;
    private const uint OldWindowsAbsolute = 0x5769326b;
    private const uint MacUrl = 0x4d616358;

    public static List<string> Read(
        ImageFile file, ReadOnlySpan<byte> locators, ReadOnlySpan<byte> plainName)
    {
        var names = new List<(int Rank, string Name)>();
        for (var i = 0; i < LocatorCount; i++)
        {
            var locator = locators.Slice(i * LocatorBytes, LocatorBytes);
            var platform = BinaryPrimitives.ReadUInt32BigEndian(locator);
            var length = BinaryPrimitives.ReadUInt32BigEndian(locator[8..]);
            var offset = BinaryPrimitives.ReadInt64BigEndian(locator[16..]);
            if (RankOf(platform) is { } rank)
            {
                if (length > LongestNameBytes)
                {
                    throw ImageError.Damaged(
                        file.Path, offset, $"the name of its parent is said to have {length} bytes");
                }

                var bytes = new byte[length];
                file.Read(offset, bytes);
                names.Add((rank, platform == MacUrl ? OfUrl(bytes) : Decode(bytes, isBigEndian: false)));
            }
        }

        names.Add((int.MaxValue, Decode(plainName, isBigEndian: true)));
        return
        [
            .. names.OrderBy(n => n.Rank).Select(n => UpToNul(n.Name)).Where(n => n.Length > 0).Distinct(),
        ];
    }

    /// <summary>Which to try first; null for what is no path, as the alias records of old Macs.</summary>
    private static int? RankOf(uint platform) => platform switch
    {
        WindowsRelative => 0,
        OldWindowsRelative => 1,
        MacUrl => 2,
        WindowsAbsolute => 3,
        OldWindowsAbsolute => 4,
        _ => null,
    };

    // Some writers take the other byte order, or single bytes for the old platforms: names begin with a
    // character whose upper byte is 0 mostly, which tells.
    private static string Decode(ReadOnlySpan<byte> bytes, bool isBigEndian)
    {
        if (bytes.Length >= 2 && (bytes[0] == 0) != (bytes[1] == 0))
        {
            isBigEndian = bytes[0] == 0;
        }
        else if (!isBigEndian && !bytes.Contains((byte)0))
        {
            return bytes.Length % 2 == 1 || Ascii.IsValid(bytes)
                ? Encoding.UTF8.GetString(bytes) : Encoding.Unicode.GetString(bytes);
        }

        return (isBigEndian ? Encoding.BigEndianUnicode : Encoding.Unicode).GetString(bytes);
    }

    private static string UpToNul(string text) => text.IndexOf('\0') is >= 0 and var end ? text[..end] : text;

    private static string OfUrl(ReadOnlySpan<byte> bytes)
    {
        const string scheme = "file://";
        var text = Encoding.UTF8.GetString(bytes);
        if (text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
        {
            text = text[scheme.Length..];
            text = text.StartsWith("localhost/", StringComparison.OrdinalIgnoreCase) ? text[9..] : text;
        }

        return Uri.UnescapeDataString(text);
    }
}
