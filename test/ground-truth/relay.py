"""Passes frames between two interfaces and delays each IPv4 packet by a known law; others pass at once.

Arguments: interface of the client, interface of the server, law, file for the truth. Laws:
constant:MS          every packet by MS
alternating:MS:STEP  by MS and by MS + STEP, in turn
uniform:MS:RANGE     by MS plus up to RANGE, from a seeded generator
Order is kept within a direction. The truth is one line a packet: direction, IPv4 total length, nanoseconds from the kernel's
stamp of its arrival to the moment before it is sent on. Runs until it is ended.
"""

import collections
import random
import select
import signal
import socket
import struct
import sys
import time

SO_TIMESTAMPNS = 35
ETH_P_ALL = 3
PACKET_OUTGOING = 4

client, server, law, truth = sys.argv[1:5]
name, *figures = law.split(":")
base, *rest = [float(figure) * 1e6 for figure in figures]
generator = random.Random(7)


def delay(number):
    if name == "alternating":
        return base + (number % 2) * rest[0]
    if name == "uniform":
        return base + generator.random() * rest[0]
    return base


def open_interface(interface):
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    link.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    link.bind((interface, ETH_P_ALL))
    return link


links = {"to server": (open_interface(client), server), "to client": (open_interface(server), client)}
queues = {direction: collections.deque() for direction in links}
numbers = dict.fromkeys(links, 0)
lines = []


def receive(direction):
    link, _ = links[direction]
    frame, ancillary, _, address = link.recvmsg(2048, 64)
    if address[2] == PACKET_OUTGOING:
        return
    seconds, nanoseconds = struct.unpack("qq", ancillary[0][2][:16])
    arrival = seconds * 10**9 + nanoseconds
    due = 0
    if frame[12:14] == b"\x08\x00":
        due = arrival + delay(numbers[direction])
        numbers[direction] += 1
    queues[direction].append((due, arrival, frame))


def send_due(direction):
    queue = queues[direction]
    out = {"to server": links["to client"][0], "to client": links["to server"][0]}[direction]
    while queue and queue[0][0] <= time.time_ns():
        due, arrival, frame = queue.popleft()
        now = time.time_ns()
        out.send(frame)
        if due:
            lines.append("%s,%d,%d\n" % (direction, struct.unpack("!H", frame[16:18])[0], now - arrival))


def end(*_):
    with open(truth, "w") as file:
        file.writelines(lines)
    sys.exit()


signal.signal(signal.SIGTERM, end)
while True:
    waits = [queue[0][0] - time.time_ns() for queue in queues.values() if queue]
    # The kernel wakes late; the rest of the wait is spent looking.
    timeout = max(0, min(waits) / 1e9 - 0.0002) if waits else 1
    readable, _, _ = select.select([link for link, _ in links.values()], [], [], timeout)
    for direction, (link, _) in links.items():
        if link in readable:
            receive(direction)
    for direction in links:
        send_due(direction)
