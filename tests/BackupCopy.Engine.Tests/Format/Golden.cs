namespace BackupCopy.Tests.Format;

/// <summary>
/// The bytes that version 1 of the format fixes, as hex in Golden/*.hex. They were made field by field from
/// docs/FORMAT.md and not by the product; whoever changes them breaks every repository that exists.
/// </summary>
internal static class Golden
{
    public static byte[] Bytes(string name) => Parse(File.ReadLines(PathOf(name + ".hex")));

    public static byte[] Text(string name) => File.ReadAllBytes(PathOf(name));

    public static byte[] Parse(IEnumerable<string> lines) =>
        Convert.FromHexString(string.Concat(lines.Select(line => line.Split('#')[0].Replace(" ", ""))));

    public static void Equal(string name, ReadOnlySpan<byte> actual) =>
        Assert.Equal(Convert.ToHexStringLower(Bytes(name)), Convert.ToHexStringLower(actual));

    private static string PathOf(string file) =>
        SourceTree.At("tests", "BackupCopy.Engine.Tests", "Format", "Golden", file);
}
