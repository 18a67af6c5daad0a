#!/bin/bash
# Runs a program in a root directory of its own, which holds nothing but the system's programs and what is named here,
# without any capability and without a way to one. Whoever calls it has made a new mount namespace and has all
# capabilities over it. Every program that this starts costs a few milliseconds, and images are looked at often.
#
#   private-root.sh PIDFILE [KIND FROM TO]... -- PROGRAM [ARGUMENT]...
#
# KIND says how the file or directory FROM shows at TO: ro, rw or dev (a device). With a PIDFILE ('' for none) the
# program runs in the background, as the first process of the PID namespace that the caller has made, and its pid
# outside is in that file.
set -eu
# The system's programs, wherever PATH looks besides.
PATH=$PATH:/usr/sbin:/usr/bin:/sbin:/bin
# The new root is mounted over a directory that is always there and of which no program is given anything.
root=${0%/*}
# What is mounted, where, and the read-only ones of the latter.
froms=() tos=() fixed=()

add() { # KIND FROM TO
  froms+=("$2")
  tos+=("$root$3")
  if [ "$1" = ro ]; then fixed+=("$root$3"); fi
}

# What of the root directory are links into /usr on some systems are directories on others.
add_system() {
  local path
  add ro /usr /usr
  for path in /bin /sbin /lib /lib32 /lib64 /libx32; do
    if [ -L "$path" ]; then links+=("$path"); elif [ -d "$path" ]; then add ro "$path" "$path"; fi
  done
}

close_all() {
  local fd
  for fd in /proc/self/fd/*; do
    fd=${fd##*/}
    if [ "$fd" -gt 2 ]; then exec {fd}>&-; fi
  done
}

mount_all() {
  local index directories=("$root/old" "$root/etc")
  for index in "${!tos[@]}"; do
    if [ -d "${froms[index]}" ]; then directories+=("${tos[index]}"); else directories+=("${tos[index]%/*}"); fi
  done
  mkdir -p "${directories[@]}"
  for index in "${!tos[@]}"; do
    # Never emptied: what shows there already may be the file itself.
    if [ ! -d "${froms[index]}" ]; then : >>"${tos[index]}"; fi
    mount --rbind "${froms[index]}" "${tos[index]}"
  done
}

# Each with all that is mounted below it. Its other options must stay, or the kernel refuses the change.
make_read_only() {
  local target options path targets=() kept=() index
  while read -r _ _ _ _ target options _; do
    printf -v target %b "$target"
    targets+=("$target")
    kept+=("${options#rw,}")
  done </proc/self/mountinfo
  for path in "${fixed[@]}"; do
    for index in "${!targets[@]}"; do
      case ${targets[index]} in
        "$path" | "$path"/*) mount -o "remount,bind,ro,${kept[index]}" "${targets[index]}" ;;
      esac
    done
  done
}

enter() {
  local program links=()
  # An open directory would lead out.
  close_all
  add_system
  while [ "$1" != -- ]; do
    add "$1" "$2" "$3"
    shift 3
  done
  shift
  program=$(type -P "$1") || {
    echo "$1 is not there" >&2
    exit 127
  }
  case $program in
    /usr/* | /bin/* | /sbin/*) ;;
    *) add ro "$program" "$program" ;;
  esac
  mount -t tmpfs -o mode=755,size=1m,nosuid,nodev,noexec tmpfs "$root"
  mount_all
  if [ -e /etc/ld.so.cache ]; then links+=(/etc/ld.so.cache); fi
  if [ "${#links[@]}" -gt 0 ]; then cp --no-dereference --parents -- "${links[@]}" "$root"; fi
  make_read_only
  cd "$root"
  pivot_root . old
  chroot /old umount -l /
  cd /
  exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs -- "$program" "${@:2}"
}

pid_file=$1
shift
if [ -z "$pid_file" ]; then
  # In the user namespace of its own, no further ones, in which it would have capabilities. QEMU filters the call.
  (echo 0 >/proc/sys/user/max_user_namespaces) 2>/dev/null || true
  enter "$@"
fi
enter "$@" &
echo $! >"$pid_file" || {
  kill -KILL $! # nobody would find it
  exit 1
}
