"""Shows and sets the segmentation offloads of a network interface through SIOCETHTOOL.

Arguments: an interface's name or one of its IPv4 addresses, then settings like tso=0. Prints
{"interface", "before": {...}, "after": {...}}, each with tso, gso, gro; an offload that the interface does not know
is left out. ethtool does the same, but is not on every node and guest; Python is on both (cloud-init needs it).
Python's standard library only.
"""

import array
import fcntl
import json
import re
import socket
import struct
import sys

SIOCETHTOOL = 0x8946
SIOCGIFADDR = 0x8915
# ETHTOOL_G* and ETHTOOL_S* of linux/ethtool.h
COMMANDS = {"tso": (0x1E, 0x1F), "gso": (0x23, 0x24), "gro": (0x2B, 0x2C)}

control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def ethtool(interface, command, value=0):
    data = array.array("B", struct.pack("II", command, value))
    address, _ = data.buffer_info()
    fcntl.ioctl(control, SIOCETHTOOL, struct.pack("16sP16x", interface.encode(), address))
    return struct.unpack("II", data.tobytes())[1]


def state(interface):
    found = {}
    for name, (get, _) in COMMANDS.items():
        try:
            found[name] = bool(ethtool(interface, get))
        except OSError:
            pass
    return found


def interface_of(name_or_address):
    if not re.fullmatch(r"\d+(\.\d+){3}", name_or_address):
        return name_or_address
    for _, name in socket.if_nameindex():
        try:
            answer = fcntl.ioctl(control, SIOCGIFADDR, struct.pack("40s", name.encode()))
        except OSError:
            continue
        if socket.inet_ntoa(answer[20:24]) == name_or_address:
            return name
    sys.exit("no interface has the address " + name_or_address)


def main():
    interface = interface_of(sys.argv[1])
    before = state(interface)
    for setting in sys.argv[2:]:
        name, value = setting.split("=")
        # What is as wanted is not touched: a fixed feature refuses even that.
        if name in before and before[name] != bool(int(value)):
            try:
                ethtool(interface, COMMANDS[name][1], int(value))
            except OSError as error:
                # The state afterwards tells; it goes into the session's record.
                print("%s: %s=%s: %s" % (interface, name, value, error), file=sys.stderr)
    print(json.dumps({"interface": interface, "before": before, "after": state(interface)}))


main()
