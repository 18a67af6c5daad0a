"""Sends numbered UDP datagrams of 160 bytes, 10 ms apart, from port 5004 to port 5004, as a voice call does.

Arguments: own address, other's address, count. Datagrams have no checksum: a relay of frames takes them before a network
card would have filled it in.
"""

import socket
import struct
import sys
import time

SO_NO_CHECK = 11
own, other, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
link.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
link.bind((own, 5004))
begin = time.monotonic()
for number in range(count):
    time.sleep(max(0, begin + number * 0.01 - time.monotonic()))
    link.sendto(struct.pack("!HHIII", 0x8000, number & 0xFFFF, number * 40, 1, 0) + bytes(144), (other, 5004))
# The other end's last ones must find an open port, not be answered with an error.
time.sleep(0.5)
