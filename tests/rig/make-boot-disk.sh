#!/usr/bin/env bash
# Makes a 128 MiB raw disk of a small Linux machine that boots by BIOS (MBR, ext4, extlinux). It compares its data
# with the checksum that was taken when the disk was made, says so on its serial console and turns itself off:
#
#   BOOT-OK machine=NAME, then DATA-OK or DATA-BAD
#
# usage: make-boot-disk.sh DISK NAME DATA    DATA is a file, which the machine keeps as /data/db.bin
# needs: root, a loop device, linux-image-cloud-amd64, busybox-static, extlinux, fdisk, e2fsprogs, cpio
set -euo pipefail
export PATH="$PATH:/usr/sbin:/sbin"

disk=$1 name=$2 data=$3
disk_mib=128
start_bytes=1048576
size_bytes=$(((disk_mib - 1) * 1048576))
modules='virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk'

work=$(mktemp -d)
root=$work/root early=$work/early
clean() {
    ! mountpoint -q "$work/mount" || umount "$work/mount"
    rm -rf "$work"
}
trap clean EXIT

kernel=$(printf '%s\n' /boot/vmlinuz-*-cloud-amd64 | sort -V | tail -n 1)
busybox=$(command -v busybox)
mkdir -p "$work/mount" "$early"/{bin,dev,lib,proc,root,sys} "$root"/{bin,boot/extlinux,data,dev,etc,proc,sbin,sys}

# What the kernel starts first: it loads the drivers of the disk and goes on from there.
cp "$busybox" "$early/bin/busybox"
ln -s busybox "$early/bin/sh"
for module in $modules; do
    file=$(find "/lib/modules/${kernel#/boot/vmlinuz-}" -name "$module.ko*" | head -n 1)
    case $file in
        '') ;; # built into the kernel
        *.xz) xz -dc "$file" >"$early/lib/$module.ko" ;;
        *) cp "$file" "$early/lib/$module.ko" ;;
    esac
done
cat >"$early/init" <<INIT
#!/bin/busybox sh
b=/bin/busybox
\$b mount -t proc proc /proc
\$b mount -t sysfs sys /sys
\$b mount -t devtmpfs dev /dev
for module in $modules; do
    [ ! -e /lib/\$module.ko ] || \$b insmod /lib/\$module.ko
done
for i in 1 2 3 4 5 6 7 8 9 10; do
    [ ! -b /dev/vda1 ] || break
    \$b sleep 0.1
done
\$b mount -t ext4 /dev/vda1 /root || { echo BOOT-BAD; \$b poweroff -f; }
exec \$b switch_root /root /sbin/init
INIT

# The machine itself.
cp "$busybox" "$root/bin/busybox"
ln -s busybox "$root/bin/sh"
cp "$kernel" "$root/boot/vmlinuz"
cp "$data" "$root/data/db.bin"
(cd "$root/data" && sha256sum db.bin) >"$root/etc/data.sha256"
echo "$name" >"$root/etc/machine"
cat >"$root/sbin/init" <<'INIT'
#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc
echo "BOOT-OK machine=$($b cat /etc/machine)"
cd /data
if $b sha256sum -c /etc/data.sha256; then echo DATA-OK; else echo DATA-BAD; fi
$b mount -o remount,ro /
$b poweroff -f
INIT
chmod +x "$early/init" "$root/sbin/init"
(cd "$early" && find . | cpio -o -H newc --quiet | gzip -1) >"$root/boot/initrd.gz"
cat >"$root/boot/extlinux/extlinux.conf" <<'CONF'
DEFAULT linux
PROMPT 0
LABEL linux
  KERNEL /boot/vmlinuz
  INITRD /boot/initrd.gz
  APPEND console=ttyS0 quiet panic=-1
CONF

# extlinux does not read ext4 with these features.
rm -f "$disk"
truncate -s "${disk_mib}M" "$disk"
printf 'label: dos\nstart=%d, type=83, bootable\n' $((start_bytes / 512)) | sfdisk -q "$disk"
dd if=/usr/lib/EXTLINUX/mbr.bin of="$disk" conv=notrunc bs=440 count=1 status=none
mke2fs -q -F -t ext4 -b 4096 -O '^64bit,^metadata_csum,^flex_bg' -E "offset=$start_bytes" -d "$root" "$disk" \
    "$((size_bytes / 1024))k"
mount -t ext4 -o "loop,offset=$start_bytes,sizelimit=$size_bytes" "$disk" "$work/mount"
extlinux --install "$work/mount/boot/extlinux" >/dev/null 2>&1
umount "$work/mount"
