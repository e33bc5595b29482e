namespace BackupCopy.Sources.Patterns;

/// <summary>
/// What is tried when the admin gives no pattern, in this order: what known programs write comes before names
/// with a date, and names without one come last. Each image counts by the first one that fits.
/// </summary>
internal static class DefaultPatterns
{
    private static readonly string[] s_patterns =
    [
        // vzdump of Proxmox; the machine is its number. In the storage's folder the files lie in "dump".
        "vzdump-qemu-{machine}-{yyyy_MM_dd-HH_mm_ss}.{ext}",
        "dump/vzdump-qemu-{machine}-{yyyy_MM_dd-HH_mm_ss}.{ext}",

        // Export-VM of Hyper-V makes a folder per machine inside the folder it is given.
        "{machine}-{time}/Virtual Hard Disks/{disk}.{ext}",
        "{machine}_{time}/Virtual Hard Disks/{disk}.{ext}",
        "{machine}/Virtual Hard Disks/{disk}.{ext}",
        "{time}/{machine}/Virtual Hard Disks/{disk}.{ext}",
        "{machine}-{time}/{machine}/Virtual Hard Disks/{disk}.{ext}",
        "{machine}_{time}/{machine}/Virtual Hard Disks/{disk}.{ext}",
        "{machine}/{time}/Virtual Hard Disks/{disk}.{ext}",
        "{machine}/{time}/{machine}/Virtual Hard Disks/{disk}.{ext}",

        // A folder per machine and time; the third one is ghettoVCB's.
        "{machine}/{time}/{disk}.{ext}",
        "{time}/{machine}/{disk}.{ext}",
        "{machine}/{machine}-{time}/{disk}.{ext}",
        "{machine}-{time}/{disk}.{ext}",
        "{machine}_{time}/{disk}.{ext}",

        // backup-begin of libvirt adds the seconds since 1970 to the name of the image.
        "{machine}.{ext}.{unix}",
        "{machine}/{disk}.{ext}.{unix}",

        "{time}/{machine}.{ext}",
        "{machine}/{time}.{ext}",
        "{machine}/{disk}-{time}.{ext}",
        "{machine}/{disk}_{time}.{ext}",
        "{machine}/{disk}.{time}.{ext}",
        "{machine}/{time}-{disk}.{ext}",
        "{machine}/{time}_{disk}.{ext}",
        "{machine}-{time}.{ext}",
        "{machine}_{time}.{ext}",
        "{machine}.{time}.{ext}",
        "{machine}.{ext}.{time}",
        "{machine}.{ext}-{time}",
        "{time}-{machine}.{ext}",
        "{time}_{machine}.{ext}",
        "{machine}/{disk}.{ext}.{time}",
    ];

    private static readonly string[] s_undated = ["{machine}/{disk}.{ext}", "{machine}.{ext}"];

    // Only where the admin says that any file is a disk, also one without an ending.
    private static readonly string[] s_bare =
    [
        "{machine}/{time}", "{machine}-{time}", "{machine}_{time}", "{machine}.{time}",
    ];

    private static readonly Lazy<IReadOnlyList<ImagePattern>> s_images = new(
        () => [.. s_patterns.Concat(s_undated).Select(ImagePattern.ForImages)]);

    private static readonly Lazy<IReadOnlyList<ImagePattern>> s_raw = new(
        () => [.. s_patterns.Concat(s_bare).Concat(s_undated).Select(ImagePattern.Parse)]);

    /// <param name="isRaw">Any ending is one of a disk.</param>
    public static IReadOnlyList<ImagePattern> For(bool isRaw) => isRaw ? s_raw.Value : s_images.Value;
}
