using BackupCopy.Format;
using BackupCopy.Images.Writing;

namespace BackupCopy.Restoring;

/// <summary>What the files of an export are called: after the disks, with an ending that is true.</summary>
internal static class ExportNames
{
    // What a disk may be called after; with these endings its bytes would be taken for something else.
    private static readonly string[] s_formats =
    [
        ".qcow2", ".qcow", ".vhdx", ".avhdx", ".vhd", ".avhd", ".vmdk", ".vma", ".vdi", ".gz", ".zst",
    ];

    private static readonly string[] s_plain = [".raw", ".img"];

    /// <summary>The disks' names, then those of the attachments; no two are the same.</summary>
    public static IReadOnlyList<string> Of(
        IReadOnlyList<DiskEntry> disks, IReadOnlyList<AttachmentEntry> attachments, ExportFormat format)
    {
        var names = new List<string>();
        foreach (var name in disks.Select(d => NameOf(Names.FilePart(d.Name), format))
            .Concat(attachments.Select(a => Names.FilePart(a.Name))))
        {
            // A file in the making may take the place of anything of its name.
            var part = HasEnding(name, [Names.Temporary]) ? name + "_" : name;
            var free = part;
            for (var number = 2; names.Contains(free, StringComparer.OrdinalIgnoreCase); number++)
            {
                free = $"{number}-{part}";
            }

            names.Add(free);
        }

        return names;
    }

    // What is cut of a long name is not its ending.
    private static string NameOf(string disk, ExportFormat format)
    {
        var name = disk;
        while (HasEnding(name, s_formats) || (format != ExportFormat.Raw && HasEnding(name, s_plain)))
        {
            name = name[..name.LastIndexOf('.')];
        }

        return format switch
        {
            ExportFormat.Qcow2 => name + ".qcow2",
            ExportFormat.Vhdx => name + ".vhdx",
            _ => name == disk && Path.HasExtension(name) ? name : name + ".raw",
        };
    }

    private static bool HasEnding(string name, string[] endings) =>
        Array.Exists(
            endings,
            e => name.Length > e.Length && name.EndsWith(e, StringComparison.OrdinalIgnoreCase));
}
