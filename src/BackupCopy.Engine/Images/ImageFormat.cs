namespace BackupCopy.Images;

/// <summary>What an image file is, told by its content.</summary>
public enum ImageFormat
{
    /// <summary>The bytes of the disk themselves.</summary>
    Raw,

    /// <summary>Virtual PC and Hyper-V before 2012: fixed, dynamic or differencing.</summary>
    Vhd,

    /// <summary>Hyper-V: fixed, dynamic or differencing.</summary>
    Vhdx,

    /// <summary>VMware: a descriptor with its extents, or a sparse file with a descriptor inside.</summary>
    Vmdk,

    /// <summary>QEMU, versions 2 and 3.</summary>
    Qcow2,

    /// <summary>A Proxmox backup archive: the disks and the configuration of one machine.</summary>
    Vma,
}
