namespace BackupCopy.Images.Writing;

/// <summary>What a disk is written as.</summary>
public enum ExportFormat
{
    /// <summary>The bytes of the disk, with holes where it is empty.</summary>
    Raw,

    /// <summary>For QEMU, libvirt and Proxmox.</summary>
    Qcow2,

    /// <summary>For Hyper-V; grows with its content.</summary>
    Vhdx,
}
