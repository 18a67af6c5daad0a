#!/bin/bash
# Lets the node look into the guest through QEMU's guest agent: deploying waits by it for cloud-init and the application,
# and shows what failed. Runs before everything else; a guest in which nothing is to be done pays for one shell.
#
# - Ubuntu's and Debian's cloud images come without the agent.
# - Those of CentOS, AlmaLinux and RHEL have one that refuses guest-exec and guest-file-*: their /etc/sysconfig/qemu-ga
#   lists what is allowed or blocked (FILTER_RPC_ARGS since 9.4; before, BLOCK_RPCS, and BLACKLIST_RPC in 8).
# - There SELinux confines the agent too, and what it runs with it: no reading of logs, no network. The agent's own
#   domain is made permissive, which is what `semanage permissive` does; all other domains stay as they are.
#
# LAB_ROOT goes before every path, so that the script can be tried outside a guest; it is empty in one.
set -euo pipefail
LAB_ROOT=${LAB_ROOT:-}
settings=$LAB_ROOT/etc/sysconfig/qemu-ga

if [ ! -e "$LAB_ROOT/usr/sbin/qemu-ga" ] && [ ! -e "$LAB_ROOT/usr/bin/qemu-ga" ]; then
    echo 'lab: the image lacks the guest agent; installing it'
    if command -v apt-get >/dev/null; then
        apt-get -o DPkg::Lock::Timeout=300 update
        DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends qemu-guest-agent
    else
        dnf --assumeyes --setopt=install_weak_deps=False install qemu-guest-agent
    fi
    systemctl start qemu-guest-agent
fi

[ -e "$settings" ] || exit 0
echo 'lab: allowing the guest agent to run programs and to read files'
sed -i -E 's/^(FILTER_RPC_ARGS|BLOCK_RPCS|BLACKLIST_RPC)=.*/\1=/' "$settings"
if command -v selinuxenabled >/dev/null && selinuxenabled; then
    module=$(mktemp -d)/lab_guest_agent.cil
    echo '(typepermissive virt_qemu_ga_t)' >"$module"
    semodule --install "$module"
    rm -r "${module%/*}"
fi
systemctl restart qemu-guest-agent
