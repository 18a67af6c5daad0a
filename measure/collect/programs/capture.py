"""Captures one application's packets on one interface and writes a pcap file (nanoseconds) to standard output.

Arguments: interface, guest's address, TCP port, snap length in bytes, ring size in MiB, clients' addresses ...
Standard error carries two JSON lines: {"listening": interface} once packets are being captured and, at the end,
{"captured", "dropped", "cpu", "clockStep"}: packets written, packets that the kernel dropped for want of room, from its
own counter, CPU time of this program, and by how much the clock that stamps packets went on more than the one that
nobody can set, both in seconds.
Ends when its standard input is closed, so that it cannot outlive the one who asked.

tcpdump is not used because it insists on setgroups(2), which an ordinary user's namespace refuses. The filter runs in
the kernel (classic BPF), packets arrive through a memory-mapped ring (TPACKET_V2, see packet_mmap.txt of the kernel).
Python's standard library only.
"""

import ctypes
import json
import mmap
import os
import select
import socket
import struct
import sys
import time

SOL_PACKET, PACKET_RX_RING, PACKET_STATISTICS, PACKET_VERSION = 263, 5, 6, 10
SO_ATTACH_FILTER, ETH_P_ALL, TPACKET_V2 = 26, 3, 1
FRAME = 256
# struct tpacket2_hdr: status, len, snaplen, mac, net, sec, nsec
HEADER = struct.Struct("=IIIHHII")
RECORD = struct.Struct("=IIII")

# Opcodes of classic BPF
LDH_ABS, LDB_ABS, LD_ABS, LDX_IP_LENGTH, LDH_IND, JEQ, JSET, RET = 0x28, 0x30, 0x20, 0xB1, 0x48, 0x15, 0x45, 0x06


def number(address):
    return struct.unpack("!I", socket.inet_aton(address))[0]


def assemble(lines):
    """Lines are labels (str) or (code, k, label if true, label if false); a missing label is the next line."""
    places, code = {}, []
    for line in lines:
        if isinstance(line, str):
            places[line] = len(code)
        else:
            code.append(line)
    program = b""
    for index, (opcode, k, yes, no) in enumerate(code):
        jump = [places[label] - index - 1 if label else 0 for label in (yes, no)]
        program += struct.pack("=HBBI", opcode, jump[0], jump[1], k)
    return program, len(code)


def program_for(guest, port, snap, clients):
    """Unfragmented IPv4 TCP between the guest's port and any of the clients, both directions."""
    lines = [
        (LDH_ABS, 12, None, None),
        (JEQ, 0x0800, None, "drop"),
        (LDB_ABS, 23, None, None),
        (JEQ, socket.IPPROTO_TCP, None, "drop"),
        (LDH_ABS, 20, None, None),
        (JSET, 0x3FFF, "drop", None),
        (LDX_IP_LENGTH, 14, None, None),
        (LD_ABS, 26, None, None),
        (JEQ, number(guest), "from guest", None),
        (LD_ABS, 30, None, None),
        (JEQ, number(guest), None, "drop"),
        (LDH_IND, 16, None, None),
        (JEQ, port, None, "drop"),
        (LD_ABS, 26, None, None),
        (JEQ, number(clients[0]), "keep", "others"),
        "from guest",
        (LDH_IND, 14, None, None),
        (JEQ, port, None, "drop"),
        (LD_ABS, 30, None, None),
        (JEQ, number(clients[0]), "keep", None),
        "others",
    ]
    lines += [(JEQ, number(client), "keep", None) for client in clients[1:]]
    lines += ["drop", (RET, 0, None, None), "keep", (RET, snap, None, None)]
    return assemble(lines)


def open_ring(interface, program, length, frames):
    packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    code = ctypes.create_string_buffer(program)
    packets.setsockopt(
        socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", length, ctypes.addressof(code))
    )
    packets.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V2)
    block = 1 << 16
    packets.setsockopt(
        SOL_PACKET, PACKET_RX_RING, struct.pack("IIII", block, frames * FRAME // block, FRAME, frames)
    )
    ring = mmap.mmap(packets.fileno(), frames * FRAME)
    # Bound last, with the filter in place: not one foreign packet gets in.
    packets.bind((interface, ETH_P_ALL))
    return packets, ring


def main():
    interface, guest, port, snap, mebibytes = sys.argv[1:6]
    snap, frames = int(snap), int(mebibytes) * 1048576 // FRAME
    program, length = program_for(guest, int(port), snap, sys.argv[6:])
    packets, ring = open_ring(interface, program, length, frames)
    out = sys.stdout.buffer
    out.write(struct.pack("=IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, snap, 1))
    out.flush()
    print(json.dumps({"listening": interface}), file=sys.stderr, flush=True)

    frame = captured = 0
    lead = time.time() - time.monotonic()

    def drain():
        nonlocal frame, captured
        while True:
            at = frame * FRAME
            status, size, kept, mac, _, seconds, nanoseconds = HEADER.unpack_from(ring, at)
            if not status & 1:
                break
            start = at + mac
            kept = min(kept, FRAME - mac)
            out.write(RECORD.pack(seconds, nanoseconds, kept, size) + ring[start : start + kept])
            ring[at : at + 4] = b"\0\0\0\0"
            captured += 1
            frame = (frame + 1) % frames
        out.flush()

    while True:
        readable, _, _ = select.select([packets, 0], [], [])
        drain()
        if 0 in readable and not os.read(0, 4096):
            break
    drain()
    _, dropped = struct.unpack("II", packets.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
    step = time.time() - time.monotonic() - lead
    report = {"captured": captured, "dropped": dropped, "cpu": time.process_time(), "clockStep": step}
    print(json.dumps(report), file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        os._exit(0)
    except OSError as error:
        sys.exit("capture on %s: %s" % (sys.argv[1], error))
