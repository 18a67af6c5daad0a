#!/bin/sh
# Runs inside the new root file system (chroot) when its packages are installed and rootfs/ is laid over it.
# Everything that systemd, Apache or MariaDB would otherwise do in an emulated guest is done here, natively.
set -eu

# The packages' own start-up helpers, which an image that is made anew at each build never needs.
for unit in \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
    fstrim.timer phpsessionclean.timer systemd-tmpfiles-clean.timer man-db.timer \
    systemd-networkd-wait-online.service systemd-pstore.service systemd-logind.service \
    systemd-firstboot.service systemd-hwdb-update.service systemd-journal-catalog-update.service \
    systemd-update-done.service systemd-machine-id-commit.service systemd-sysusers.service ldconfig.service \
    systemd-binfmt.service proc-sys-fs-binfmt_misc.automount systemd-hibernate-clear.service \
    systemd-pcrmachine.service systemd-pcrphase.service systemd-pcrphase-sysinit.service \
    systemd-tpm2-setup.service systemd-tpm2-setup-early.service systemd-journal-flush.service \
    systemd-ask-password-console.path systemd-ask-password-wall.path systemd-modules-load.service \
    dev-hugepages.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount \
    sys-fs-fuse-connections.mount cloud-init-hotplugd.socket getty-static.service getty@tty1.service serial-getty@ttyS0.service \
    autovt@.service systemd-user-sessions.service systemd-udev-load-credentials.service systemd-networkd-persistent-storage.service \
    kmod-static-nodes.service systemd-tmpfiles-setup-dev-early.service systemd-tmpfiles-setup-dev.service \
    systemd-random-seed.service systemd-network-generator.service systemd-remount-fs.service systemd-sysctl.service \
    dev-mqueue.mount run-lock.mount tmp.mount remote-fs.target \
    systemd-creds.socket systemd-hostnamed.socket systemd-pcrextend.socket systemd-pcrlock.socket \
    systemd-sysext.socket apache-htcacheclean.service apparmor.service fio.service iperf3.service; do
    ln -sf /dev/null "/etc/systemd/system/$unit"
done

# Nothing of what these look for is ever in the image. rootfs/ brings a short generator in place of cloud-init's own.
for generator in /usr/lib/systemd/system-generators/*; do
    name=$(basename "$generator")
    [ -e "/etc/systemd/system-generators/$name" ] || ln -s /dev/null "/etc/systemd/system-generators/$name"
done

# Of the rules for devices only those that load modules and tell systemd: each rule costs time for each device.
for rules in /usr/lib/udev/rules.d/*.rules; do
    case $(basename "$rules") in
    50-udev-default.rules | 60-block.rules | 60-qemu-guest-agent.rules | 80-drivers.rules | 99-systemd.rules) ;;
    *) ln -s /dev/null "/etc/udev/rules.d/$(basename "$rules")" ;;
    esac
done

systemctl enable apache2.service mariadb.service systemd-networkd.service lab-grow.service
systemctl set-default multi-user.target

# Apache and PHP as the three applications need them.
for version in /etc/php/*; do
    cp /etc/php-lab/lab.ini "$version/mods-available/lab.ini"
done
rm -r /etc/php-lab
phpenmod lab
a2enmod -q rewrite
a2enconf -q lab
a2disconf -q other-vhosts-access-log serve-cgi-bin localized-error-pages charset security 2>/dev/null || true
a2disconf -q mediawiki 2>/dev/null || true

# The database's files as its configuration wants them: the first start would resize the log, for 10 s where emulated.
rm -rf /var/lib/mysql
mkdir -m 0750 /var/lib/mysql
chown mysql:mysql /var/lib/mysql
mariadb-install-db --user=mysql --auth-root-authentication-method=socket --skip-test-db >/dev/null

[ ! -d /usr/share/moodle ] || /lab-install/prepare-moodle.sh

# A boot that needs no udev, no busybox and no file system check: only the modules that lead to the root file system.
kernel=$(basename /lib/modules/*)
mktirfs --auto-modules=no --microcode=no \
    --include-modules=virtio_pci,virtio_scsi,virtio_blk,sd_mod,ext4,crc32c_generic \
    -o /boot/lab-initrd "$kernel"
cp "/boot/vmlinuz-$kernel" /boot/lab-vmlinuz
: >/etc/fstab

# cloud-init checks user-data against its schema at each boot if this library is there. The lab's is checked before
# it is sent, and the check takes longer than all other work of cloud-init where the guest is emulated.
rm -rf /usr/lib/python3/dist-packages/jsonschema

# The mirror of the machine that built the image is that machine's own matter.
rm -rf /etc/apt/sources.list.d/* /etc/apt/apt.conf.d/99mmdebstrap /var/lib/apt/lists/* /var/cache/apt/*.bin
cat >/etc/apt/sources.list <<'LIST'
deb http://deb.debian.org/debian trixie main
deb http://deb.debian.org/debian trixie-updates main
deb http://deb.debian.org/debian-security trixie-security main
LIST

echo lab >/etc/hostname
printf '127.0.0.1 localhost\n::1 localhost\n' >/etc/hosts
: >/etc/machine-id
rm -f /var/lib/dbus/machine-id /etc/resolv.conf
rm -rf /var/log/apt /var/log/*.log /var/tmp/*
# mmdebstrap keeps the configuration of its own apt here; without it, its last step would empty the host's package lists.
find /tmp -mindepth 1 -maxdepth 1 ! -name 'mmdebstrap.*' -exec rm -rf {} +
mkdir -p /usr/lib/lab /var/lib/lab
# shellcheck disable=SC2016 # dpkg-query fills in the fields itself
dpkg-query --show --showformat='${Package}\t${Version}\n' >/usr/lib/lab/packages
echo "$kernel" >/usr/lib/lab/kernel
