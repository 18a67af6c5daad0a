"""Reads the node's counters and prints one JSON object per sample.

Arguments: interval in seconds, then vmids; --powercap=DIRECTORY anywhere = read the CPU packages' energy there. Runs until its standard input is closed, so that it cannot outlive the
one who asked. The first line holds what does not change: {"ticksPerSecond", "cpus", "pageBytes"}. Samples are taken
at start + n * interval by the monotonic clock; a deadline that has passed is skipped, never caught up in a burst.
Python's standard library only.
"""

import glob
import json
import os
import select
import shutil
import subprocess
import sys
import time

PAGE = os.sysconf("SC_PAGE_SIZE")
# Where LXC keeps its containers: Proxmox VE and the local node.
LXC_PATHS = ("/var/lib/lxc", "/run/pve-lxc")
# Seconds between two looks for a container that does not run.
LOOK_AGAIN = 10


# The wall clock may be set meanwhile; its first reading is carried on by the clock that cannot.
wall, steady = time.time(), time.monotonic()


def now():
    """Unix seconds."""
    return wall + time.monotonic() - steady


def read(path):
    with open(path, "rb") as file:
        return file.read().decode("ascii", "replace")


def cpu_ticks():
    # user nice system idle iowait irq softirq steal; guest and guest_nice are already in user and nice.
    fields = [int(word) for word in read("/proc/stat").split("\n", 1)[0].split()[1:9]]
    return sum(fields), fields[3] + fields[4]


def memory():
    values = {}
    for line in read("/proc/meminfo").splitlines():
        name, rest = line.split(":", 1)
        if name in ("MemTotal", "MemAvailable"):
            values[name] = int(rest.split()[0]) * 1024
    return values["MemTotal"], values["MemAvailable"]


def pressure():
    totals = {}
    for name in ("cpu", "memory", "io"):
        try:
            some = read("/proc/pressure/" + name).splitlines()[0]
        except OSError:
            return None
        totals[name] = int(some.rsplit("total=", 1)[1])
    return totals


def ksm_shared():
    try:
        return int(read("/sys/kernel/mm/ksm/pages_sharing")) * PAGE
    except OSError:
        return None


def guest(vmid, containers):
    """CPU ticks (user + system) and bytes of memory of a guest; None if it does not run."""
    return machine(vmid) or containers.figures(vmid)


def machine(vmid):
    """Of a VM: its QEMU process with all threads, and what is resident of it."""
    try:
        pid = int(read("/var/run/qemu-server/%d.pid" % vmid))
        # The command may hold spaces and brackets: fields are counted from the last bracket.
        stat = read("/proc/%d/stat" % pid).rsplit(")", 1)[1].split()
        resident = int(read("/proc/%d/statm" % pid).split()[1]) * PAGE
    except (OSError, ValueError, IndexError):
        return None
    return {"vmid": vmid, "cpuTicks": int(stat[11]) + int(stat[12]), "residentBytes": resident}


class Containers:
    """Of a container: its control group, of version 1 or 2. Pages of files that the kernel can take back are left out."""

    def __init__(self):
        self.program = shutil.which("lxc-info")
        self.known = {}

    def figures(self, vmid):
        groups, asked = self.known.get(vmid, (None, None))
        found = groups and self.read(vmid, *groups)
        if found or not self.program or (asked is not None and time.monotonic() - asked < LOOK_AGAIN):
            return found
        groups = self.find(vmid)
        self.known[vmid] = (groups, time.monotonic())
        return groups and self.read(vmid, *groups)

    def find(self, vmid):
        """Directories of the controllers cpu and memory, by the container's init, which LXC knows."""
        for path in LXC_PATHS:
            # Where its monitor does not listen it does not run; asking LXC would leave files on a node without containers.
            if "@%s/%d/command" % (path, vmid) not in read("/proc/net/unix"):
                continue
            asked = [self.program, "-P", path, "-n", str(vmid), "-pH"]
            said = subprocess.run(asked, stdin=subprocess.DEVNULL, capture_output=True, check=False).stdout.strip()
            try:
                lines = read("/proc/%d/cgroup" % int(said)).split()
            except (OSError, ValueError):
                continue
            groups = {}
            for number, names, group in (line.split(":", 2) for line in lines):
                words = group.split("/")
                # Init sits in a group below that of the container, lxc/129 or ....129.
                own = [place for place, word in enumerate(words) if word.rsplit(".", 1)[-1] == str(vmid)]
                if own:
                    group = "/".join(words[: own[0] + 1])
                    for name in ["all"] if number == "0" else names.split(","):
                        groups[name] = "/sys/fs/cgroup%s%s" % ("/" + name if number != "0" else "", group)
            if groups:
                return groups.get("cpuacct", groups.get("all")), groups.get("memory", groups.get("all"))
        return None

    def read(self, vmid, cpu, memory):
        try:
            if os.path.exists(cpu + "/cpuacct.usage"):
                seconds = int(read(cpu + "/cpuacct.usage")) / 1e9
            else:
                seconds = field(cpu + "/cpu.stat", "usage_usec") / 1e6
            if os.path.exists(memory + "/memory.usage_in_bytes"):
                used, idle = int(read(memory + "/memory.usage_in_bytes")), field(memory + "/memory.stat", "total_inactive_file")
            else:
                used, idle = int(read(memory + "/memory.current")), field(memory + "/memory.stat", "inactive_file")
        except (OSError, ValueError, TypeError):
            return None
        ticks = int(seconds * os.sysconf("SC_CLK_TCK"))
        return {"vmid": vmid, "cpuTicks": ticks, "residentBytes": max(0, used - (idle or 0))}


def field(path, name):
    for line in read(path).splitlines():
        word, value = line.split(" ", 1)
        if word == name:
            return int(value)
    return None


def package_energy(directory):
    """Of the zones package-0, package-1 ...; the package holds its cores, and psys would hold the package again."""
    zones = []
    for zone in sorted(glob.glob(directory + "/intel-rapl:*")):
        try:
            name = read(zone + "/name").strip()
            if name.startswith("package-"):
                used, most = (int(read("%s/%s" % (zone, of))) for of in ("energy_uj", "max_energy_range_uj"))
                zones.append({"name": name, "microjoules": used, "maxMicrojoules": most})
        except (OSError, ValueError):
            return None  # One that cannot be read leaves the sum unknown.
    return zones or None


def sample(vmids, powercap, containers):
    at = now()
    total, idle = cpu_ticks()
    memory_total, memory_available = memory()
    root = os.statvfs("/")
    energy = {"packageEnergy": package_energy(powercap)} if powercap else {}
    return {
        **energy,
        "time": at,
        "cpuTotalTicks": total,
        "cpuIdleTicks": idle,
        "memoryTotalBytes": memory_total,
        "memoryAvailableBytes": memory_available,
        "loadAverage": [float(word) for word in read("/proc/loadavg").split()[:3]],
        # As df and Proxmox VE count: blocks kept for root are used space of nobody.
        "rootTotalBytes": root.f_blocks * root.f_frsize,
        "rootUsedBytes": (root.f_blocks - root.f_bfree) * root.f_frsize,
        "pressureMicroseconds": pressure(),
        "ksmSharedBytes": ksm_shared(),
        "guests": [found for found in (guest(vmid, containers) for vmid in vmids) if found],
        "samplerCpuSeconds": time.process_time(),
    }


def main():
    interval = float(sys.argv[1])
    powercap = next((word.split("=", 1)[1] for word in sys.argv if word.startswith("--powercap=")), None)
    vmids = [int(word) for word in sys.argv[2:] if not word.startswith("--")]
    print(
        json.dumps({"ticksPerSecond": os.sysconf("SC_CLK_TCK"), "cpus": os.cpu_count(), "pageBytes": PAGE}),
        flush=True,
    )
    containers = Containers()
    deadline = time.monotonic()
    while True:
        print(json.dumps(sample(vmids, powercap, containers)), flush=True)
        passed = time.monotonic()
        deadline += interval
        if deadline < passed:
            deadline += ((passed - deadline) // interval + 1) * interval
        while passed < deadline:
            readable, _, _ = select.select([0], [], [], deadline - passed)
            if readable and not os.read(0, 4096):
                return
            passed = time.monotonic()


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        os._exit(0)
