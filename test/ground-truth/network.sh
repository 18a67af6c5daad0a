#!/bin/bash
# A client (10.1.0.2) and a server (10.2.0.2) in network namespaces, joined by a router that makes one known fault, or
# none; both ends are captured. Prints what the router knows, one figure a line.
# Usage, in a user, network and mount namespace of its own:
#   unshare -Urnm network.sh DIRECTORY FAULT AMOUNT TRAFFIC ARGUMENT [TOOL]
# FAULT and AMOUNT: none 0 | drop PERMILLE (prints packets dropped to the server, to the client) | rate BIT/S | relay LAW
# TRAFFIC and ARGUMENT: http BYTES (one fetch with curl, served by http.server) | udp COUNT (each way, 10 ms apart)
# TOOL: dumpcap (pcapng) | capture.py, the lab's own, for http (pcap)
set -euo pipefail
directory=$1 fault=$2 amount=$3 traffic=$4 argument=$5 tool=${6:-dumpcap}
here=$(dirname "$0")
programs=$here/../../measure/collect/programs
offloads=$programs/offloads.py
captures=() pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait' EXIT
pause() { read -rt "$1" <> <(:) || :; }

mount -t tmpfs tmpfs /run
ip link set lo up
for end in client server; do
  ip netns add "$end"
  ip link add "r-$end" type veth peer name eth0 netns "$end"
  ip link set "r-$end" up
  ip netns exec "$end" ip link set lo up
  ip netns exec "$end" ip link set eth0 up
  ip netns exec "$end" ip route add 224.0.0.0/4 dev eth0
  # Segments must be on the wire as they are counted.
  ip netns exec "$end" python3 "$offloads" eth0 tso=0 gso=0 gro=0 >/dev/null
  python3 "$offloads" "r-$end" tso=0 gso=0 gro=0 >/dev/null
done
ip netns exec client ip addr add 10.1.0.2/8 dev eth0
ip netns exec server ip addr add 10.2.0.2/8 dev eth0
# One subnet by their masks, so that a relay of frames can take the router's place.
if [ "$fault" = relay ]; then
  python3 "$here/relay.py" r-client r-server "$amount" "$directory/relay.csv" &
  pids+=($!)
else
  for end in client server; do
    ip netns exec "$end" ip route replace 10.0.0.0/8 dev eth0
    echo 1 >"/proc/sys/net/ipv4/conf/r-$end/proxy_arp"
    echo 0 >"/proc/sys/net/ipv4/neigh/r-$end/proxy_delay"
  done
  ip route add 10.1.0.0/16 dev r-client
  ip route add 10.2.0.0/16 dev r-server
  ip addr add 10.1.0.1/32 dev r-client
  ip addr add 10.2.0.1/32 dev r-server
  echo 1 >/proc/sys/net/ipv4/ip_forward
fi
if [ "$fault" = drop ]; then
  nft -f - <<RULES
table ip loss {
  counter to_server { }
  counter to_client { }
  chain forward {
    type filter hook forward priority 0;
    iifname "r-client" meta l4proto { tcp, udp } numgen random mod 1000 < $amount counter name "to_server" drop
    iifname "r-server" meta l4proto { tcp, udp } numgen random mod 1000 < $amount counter name "to_client" drop
  }
}
RULES
fi
if [ "$fault" = rate ]; then
  # Room for a quarter of a second of line rate, so that the queue never runs dry.
  tc qdisc add dev r-client root tbf rate "$amount" burst $((amount / 4000 + 2000)) limit $((amount / 32 + 30000))
fi

if [ "$tool" = capture.py ]; then
  mkfifo "$directory/stop"
  for end in client server; do
    ip netns exec "$end" python3 "$programs/capture.py" eth0 10.2.0.2 80 128 16 10.1.0.2 \
      <"$directory/stop" >"$directory/$end.pcap" 2>"$directory/$end.log" &
    captures+=($!)
  done
  exec 7>"$directory/stop"
else
  for end in client server; do
    ip netns exec "$end" dumpcap -q -i eth0 -f 'ip and (tcp or udp)' -s 128 -B 32 -w "$directory/$end.pcapng" 2>"$directory/$end.log" &
    captures+=($!)
  done
fi
pids+=("${captures[@]}")
for end in client server; do until grep -Eqs 'File:|listening' "$directory/$end.log"; do pause 0.02; done; done

# A datagram of each end to its own wire, which no router passes on: its capture shows by it that it was running.
mark() {
  if [ "$fault" = relay ]; then return; fi
  for end in client server; do ip netns exec "$end" bash -c 'echo >/dev/udp/224.0.0.1/9'; done
}
mark

if [ "$traffic" = http ]; then
  mkdir "$directory/www"
  head -c "$argument" /dev/urandom >"$directory/www/file"
  # Without the descriptor that keeps the captures going.
  ip netns exec server python3 -m http.server 80 --bind 10.2.0.2 --directory "$directory/www" >/dev/null 2>&1 7>&- &
  pids+=($!)
  until ip netns exec server ss -ltn | grep -q :80; do pause 0.02; done
  ip netns exec client curl -sS --max-time 50 -o /dev/null http://10.2.0.2/file
  # The last packets are still on their way.
  until [ -z "$(ip netns exec client ss -Htn state fin-wait-1 state last-ack state fin-wait-2)" ] &&
    [ -z "$(ip netns exec server ss -Htn state fin-wait-1 state last-ack)" ]; do pause 0.05; done
else
  ip netns exec server python3 "$here/datagrams.py" 10.2.0.2 10.1.0.2 "$argument" &
  answering=$!
  # A datagram to a closed port would be answered with an ICMP error.
  until ip netns exec server ss -lun | grep -q :5004; do pause 0.02; done
  ip netns exec client python3 "$here/datagrams.py" 10.1.0.2 10.2.0.2 "$argument"
  wait "$answering"
fi
mark
# dumpcap hands packets on ten times a second, and writes them all out when it is asked to end.
pause 0.5
if [ "$tool" = capture.py ]; then exec 7>&-; else kill -INT "${captures[@]}"; fi
wait "${captures[@]}"
if [ "$fault" = drop ]; then
  for direction in to_server to_client; do
    nft list counter ip loss "$direction" | grep -o 'packets [0-9]*' | cut -d' ' -f2
  done
fi
