using System.Collections.Frozen;

namespace BackupCopy.Storage;

/// <summary>
/// The names that Linux and macOS give file systems which other machines may write too. Asking .NET for the
/// type of a drive would tell as much, but where it is asked often, as for locks, the runtime spends a second
/// of a core on compiling that one method.
/// </summary>
internal static class NetworkFileSystems
{
    private static readonly FrozenSet<string> s_names = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "9p", "acfs", "afp", "afpfs", "afs", "beegfs", "ceph", "cifs", "coda", "fhgfs", "gfs", "gfs2",
        "glusterfs", "gpfs", "ibrix", "kafs", "lustre", "ncp", "ncpfs", "nfs", "nfs3", "nfs4", "ocfs2",
        "panfs", "prl_fs", "pvfs2", "smb", "smb2", "smb3", "smbfs", "snfs", "v9fs", "vboxsf", "vmhgfs",
        "webdav");

    /// <summary>FUSE counts: nobody knows what is behind it.</summary>
    public static bool Has(string name) =>
        name.StartsWith("fuse", StringComparison.OrdinalIgnoreCase) || s_names.Contains(name);
}
