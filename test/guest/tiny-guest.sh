#!/bin/bash
# The two steps of tiny-guest.ts that are the tools' own: unpack the packages and lay out the initial RAM disk's tree;
# then, with the archive of that tree made, put it with kernel and boot loader on a FAT disk.
#   tiny-guest.sh tree|disk DIRECTORY
set -euo pipefail

step=$1
cd "$2"

if [ "$step" = disk ]; then
  lz4 -l -q initrd initrd.lz4
  truncate -s 48M disk
  mformat -i disk -v TINY ::
  mcopy -i disk tree/boot/vmlinuz-* ::vmlinuz
  mcopy -i disk initrd.lz4 ::initrd
  cat > syslinux.cfg <<'CONFIG'
DEFAULT tiny
LABEL tiny
  KERNEL vmlinuz
  INITRD initrd
  APPEND console=ttyS0 quiet panic=-1
CONFIG
  mcopy -i disk syslinux.cfg ::syslinux.cfg
  syslinux --install disk
  exit
fi

# Package lists of our own: the machine's may be empty or old, and only root could renew them.
mkdir -p apt/lists/partial apt/cache/archives/partial
apt=(-qq -o "Dir::State::Lists=$PWD/apt/lists" -o "Dir::Cache=$PWD/apt/cache" -o APT::Sandbox::User=)
apt-get "${apt[@]}" update
kernel=$(apt-cache "${apt[@]}" depends linux-image-cloud-amd64 | awk '/Depends: linux-image-/ { print $2; exit }')
apt-get "${apt[@]}" download busybox-static qemu-guest-agent "$kernel"
for package in ./*.deb; do dpkg-deb -x "$package" tree; done

root=root
mkdir -p "$root"/{bin,dev,proc,sys,run,etc/acpi,lib64,modules,var/run}
install tree/bin/busybox "$root/bin/busybox" 2>/dev/null || install tree/usr/bin/busybox "$root/bin/busybox"
install tree/usr/sbin/qemu-ga "$root/bin/qemu-ga"
ldd tree/usr/sbin/qemu-ga | grep -o '/[^ ]*' | while read -r library; do
  install -D "$library" "$root$library"
done

for name in virtio virtio_ring virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci failover net_failover virtio_net virtio_console virtio_balloon button evdev; do
  find tree/lib/modules -name "$name.ko*" -exec cp -t "$root/modules" {} +
done

cat > "$root/etc/acpi/power.sh" <<'SCRIPT'
#!/bin/busybox sh
/bin/busybox poweroff -f
SCRIPT
echo 'PWRF power.sh' > "$root/etc/acpid.conf"
echo 'EV_KEY 0x01 KEY_POWER 116 1 power.sh' > "$root/etc/acpi.map"

cat > "$root/init" <<'SCRIPT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci failover net_failover virtio_net virtio_console virtio_balloon button evdev; do
  insmod /modules/$module.ko
done
rm -f /bin/shutdown
cat > /bin/shutdown <<'INNER'
#!/bin/busybox sh
/bin/busybox poweroff -f
INNER
chmod 0755 /bin/shutdown
mkdir -p /sbin && ln -sf /bin/shutdown /sbin/shutdown
ip link set lo up
ip link set eth0 up 2>/dev/null
port=$(grep -l org.qemu.guest_agent.0 /sys/class/virtio-ports/*/name | head -1 | cut -d/ -f5)
[ -n "$port" ] && qemu-ga -m virtio-serial -p "/dev/$port" -d -t /run -f /run/qga.pid
acpid -c /etc/acpi -a /etc/acpid.conf -M /etc/acpi.map -d > /dev/null 2>&1 &
echo 'tiny guest is up' > /dev/ttyS0
while :; do sleep 3600; done
SCRIPT
chmod 0755 "$root/init" "$root/etc/acpi/power.sh"
