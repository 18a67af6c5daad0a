"""Round trips of TCP connects (SYN to SYN-ACK): arguments host, port, count, seconds between, timeout in seconds.

Prints {"roundTripSeconds": [...]}, null for a connect that failed or took longer than the timeout. The timeout must be
below 1 s, the kernel's first retransmission of a SYN, so that a lost SYN is a loss and not a long round trip.
Python's standard library only.
"""

import json
import socket
import sys
import time


def round_trip(host, port, timeout):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(timeout)
        start = time.perf_counter()
        try:
            probe.connect((host, port))
        except OSError:
            return None
        return time.perf_counter() - start


def main():
    host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    pause, timeout = float(sys.argv[4]), float(sys.argv[5])
    found = []
    deadline = time.monotonic()
    for _ in range(count):
        found.append(round_trip(host, port, timeout))
        deadline += pause
        time.sleep(max(0, deadline - time.monotonic()))
    print(json.dumps({"roundTripSeconds": found}))


main()
