#!/bin/sh
# Stands between cdktf and Terraform. cdktf gives Terraform a terminal of its own, and when cdktf dies, of a closed
# window or a second Ctrl-C, that terminal hangs up, which would end Terraform at once: what it was making would be in
# no state. Here a hangup, and every other wish to stop, asks Terraform politely and once: it ends what it is doing,
# writes its state and stops. (A second wish would end it at once.)
#
# Called as `terraform` or `tofu` it runs the next program of that name on PATH; LAB_TERRAFORM names another one.

name=${LAB_TERRAFORM:-${0##*/}}
real=
case $name in
*/*) real=$name ;;
*)
  IFS=:
  for directory in $PATH; do
    candidate=${directory:-.}/$name
    # Its own links are passed over, also those of another clone.
    if ! [ -f "$candidate" ] || ! [ -x "$candidate" ]; then continue; fi
    [ "$(readlink -f "$candidate" | sed 's:.*/::')" = terraform-guard.sh ] && continue
    real=$candidate
    break
  done
  unset IFS
  ;;
esac
if [ -z "$real" ]; then
  echo "$name: not found on PATH" >&2
  exit 127
fi

terraform=
asked=
ask() {
  [ -n "$terraform" ] || exit 130
  [ -z "$asked" ] || return 0
  asked=1
  kill -INT "$terraform" 2>/dev/null
}
trap ask HUP INT TERM

# A session of its own: what a terminal sends to all of its programs comes here alone. And a program in the background
# of a script reads nothing and hears no SIGINT, unless it is given both.
# (Terraform listens to SIGINT by itself soon after it has begun; not every `env` can make it do so before.)
exec 3<&0
default='env --default-signal=INT,QUIT'
$default true 2>/dev/null || default=
# shellcheck disable=SC2086 # several words, or none
setsid $default "$real" "$@" <&3 3<&- &
terraform=$!

# A signal ends the wait, not Terraform.
while :; do
  wait "$terraform"
  code=$?
  kill -0 "$terraform" 2>/dev/null || exit "$code"
done
