using System.Collections.Frozen;

namespace BackupCopy.Sources.Patterns;

/// <summary>What the endings of names say: who looks at a file, never how it is read.</summary>
internal static class ImageEndings
{
    private static readonly FrozenSet<string> s_images = Set(
        "img", "raw", "qcow2", "qcow", "vhd", "vhdx", "avhd", "avhdx", "vmdk", "vma");

    private static readonly FrozenSet<string> s_read = Set("gz", "zst");

    // Written behind the ending of what is packed.
    private static readonly FrozenSet<string> s_wrappings = Set(
        "gz", "zst", "xz", "bz2", "lz4", "lzo");

    private static readonly FrozenSet<string> s_attached = Set(
        "xml", "conf", "notes", "json", "vmcx", "ovf", "vmx");

    private static readonly FrozenSet<string> s_noDisks = Set(
        "log", "txt", "md", "md5", "sha1", "sha256", "sha512", "sum", "asc", "sig", "mf", "nfo", "html",
        "nvram", "vmsd", "vmxf", "vmrs", "vmgs", "vsv", "protected", "lck", "ini");

    private static readonly FrozenSet<string> s_unfinished = Set(
        "tmp", "part", "partial", "inprogress", "filepart", "crdownload");

    /// <summary>Of an image that is read, also packed: qcow2, vma.zst, img.gz.</summary>
    public static bool IsImage(ReadOnlySpan<char> ending)
    {
        var dot = ending.IndexOf('.');
        return dot < 0
            ? Has(s_images, ending)
            : Has(s_images, ending[..dot]) && Has(s_read, ending[(dot + 1)..]);
    }

    public static bool IsWrapping(ReadOnlySpan<char> ending) => Has(s_wrappings, ending);

    /// <summary>Of small files that belong to the images beside them.</summary>
    public static bool IsAttached(ReadOnlySpan<char> ending) => Has(s_attached, ending);

    /// <summary>Of what lies beside images and is no disk. A raw repository may hold any other.</summary>
    public static bool IsNoDisk(ReadOnlySpan<char> ending) =>
        Has(s_noDisks, ending) || IsAttached(ending) || IsUnfinished(ending) || ending is "lock";

    /// <summary>Of files whose writers rename them when they are done.</summary>
    public static bool IsUnfinished(ReadOnlySpan<char> ending) => Has(s_unfinished, ending);

    private static FrozenSet<string> Set(params string[] endings) =>
        FrozenSet.Create(StringComparer.OrdinalIgnoreCase, endings);

    private static bool Has(FrozenSet<string> set, ReadOnlySpan<char> ending) =>
        set.GetAlternateLookup<ReadOnlySpan<char>>().Contains(ending);
}
