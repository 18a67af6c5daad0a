#!/bin/bash
# Makes the smallest root file system that the tests of containers need: mini-root.sh OUTPUT.tar.zst
# Its init is the shell of a static busybox, the host's or Debian's: it sets its address and halts when asked.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{bin,sbin,etc/ssh,root,proc,sys,dev,run,tmp,var,usr}
busybox=$(type -P busybox || true)
if [ -z "$busybox" ] || ldd "$busybox" >/dev/null 2>&1; then
  (cd "$work/tmp" && apt-get download busybox-static >&2 && dpkg-deb --extract busybox-static_*.deb tree)
  busybox=$(find "$work/tmp/tree" -name busybox -type f)
fi
cp "$busybox" "$work/bin/busybox"
rm -rf "$work/tmp"/*
for applet in sh cat ln ls ip hostname sed sleep id; do ln -s busybox "$work/bin/$applet"; done
printf 'ID=debian\n' >"$work/etc/os-release"
printf 'root:x:0:0:root:/root:/bin/sh\n' >"$work/etc/passwd"
printf 'root:*:19000:0:99999:7:::\n' >"$work/etc/shadow"
cat >"$work/sbin/init" <<'INIT'
#!/bin/sh
trap 'exit 0' 38 # SIGRTMIN+4, which systemd halts on
address=$(sed -n 's/^\taddress //p' /etc/network/interfaces)
ip link set lo up
[ -z "$address" ] || ip address add "$address" dev eth0
echo up >/run/state
while :; do sleep 3600 & wait; done
INIT
chmod 755 "$work/sbin/init"
tar --create --use-compress-program 'zstd -q' --owner 0 --group 0 --numeric-owner --file "$1" --directory "$work" .
